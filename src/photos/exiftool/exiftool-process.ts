// One exiftool for all pictures: a process that stays open, and is started again if it ends.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { platform } from 'node:os';

/** What exiftool says about one command. */
export interface Said {
  stdout: string;
  /** Its warnings and errors, one a line. */
  complaints: readonly string[];
}

/** Why exiftool did not do a command: it took too long, or its process ended. */
export class ExiftoolFailed extends Error {}
export class ExiftoolEnded extends ExiftoolFailed {}

/** A process of exiftool that does one command after the other. */
export interface ExiftoolProcess {
  /**
   * Does one command. Where the process is gone, another one is started.
   *
   * @param args without line breaks.
   * @throws ExiftoolFailed if it ends meanwhile, or the time is over; the next command may succeed.
   */
  run(args: readonly string[], timeoutMs: number): Promise<Said>;
  /** Ends the process once its last command is done. */
  close(): Promise<void>;
}

/** The user's own configuration could change what is written. */
const ARGS = ['-config', '', '-stay_open', 'True', '-@', '-'];
/** More than exiftool says about one picture. */
const MOST_SAID = 1_048_576;
const CLOSE_MS = 5000;

/** Starts nothing before the first command. */
export function exiftoolProcess(path: string): ExiftoolProcess {
  let running: Running | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let number = 0;

  const ask = async (args: readonly string[], timeoutMs: number): Promise<Said> => {
    running ??= start(path);
    number += 1;
    try {
      return await running.ask(args, number, timeoutMs);
    } catch (error) {
      running.kill();
      running = undefined;
      throw error;
    }
  };
  return {
    run(args, timeoutMs) {
      const done = turn.then(() => ask(args, timeoutMs));
      turn = done.catch(() => undefined);
      return done;
    },
    async close() {
      await turn;
      await running?.end();
      running = undefined;
    },
  };
}

interface Running {
  ask(args: readonly string[], number: number, timeoutMs: number): Promise<Said>;
  kill(): void;
  end(): Promise<void>;
}

interface Waiting {
  number: number;
  resolve: (said: Said) => void;
  reject: (error: Error) => void;
}

function start(path: string): Running {
  // In a group of its own, so that Ctrl-C at a terminal does not end it in the middle of a picture.
  const child = spawn(path, ARGS, {
    stdio: 'pipe',
    detached: platform() !== 'win32',
    windowsHide: true,
  });
  const watch = watchOver(child);
  let [stdout, stderr] = ['', ''];
  let waiting: Waiting | undefined;
  let hasEnded: Error | undefined;
  const fail = (error: Error) => {
    hasEnded ??= error;
    waiting?.reject(error);
    waiting = undefined;
  };
  const look = () => {
    if (!waiting) return;
    const { number, resolve } = waiting;
    const [ready, done] = [`{ready${number}}`, `{done${number}}`];
    if (stdout.length + stderr.length > MOST_SAID)
      return fail(new ExiftoolFailed('it says too much'));
    if (!stdout.includes(ready) || !stderr.includes(done)) return;
    waiting = undefined;
    resolve({
      stdout: stdout.slice(0, stdout.indexOf(ready)).trim(),
      complaints: stderr
        .slice(0, stderr.indexOf(done))
        .split(/\r?\n/)
        .filter((line) => line.trim() !== ''),
    });
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  // What is written to a process that has ended fails here as well.
  child.stdin.on('error', () => fail(new ExiftoolEnded('exiftool ended')));
  child.on('error', (error) =>
    fail(new ExiftoolFailed(`exiftool does not start: ${error.message}`)),
  );
  child.on('close', (code, signal) => {
    watch.stop();
    fail(new ExiftoolEnded(`exiftool ended (${signal ?? `exit code ${code}`})`));
  });
  return {
    ask(args, number, timeoutMs) {
      if (hasEnded) return Promise.reject(hasEnded);
      [stdout, stderr] = ['', ''];
      return new Promise<Said>((resolve, reject) => {
        const timer = setTimeout(
          () =>
            fail(new ExiftoolFailed(`exiftool took more than ${Math.round(timeoutMs / 1000)} s`)),
          timeoutMs,
        );
        waiting = {
          number,
          resolve(said) {
            clearTimeout(timer);
            resolve(said);
          },
          reject(error) {
            clearTimeout(timer);
            reject(error);
          },
        };
        const lines = [...args, '-echo4', `{done${number}}`, `-execute${number}`];
        child.stdin.write(lines.map((line) => `${line}\n`).join(''));
      });
    },
    kill() {
      child.kill('SIGKILL');
    },
    async end() {
      if (hasEnded) return;
      const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.stdin.end('-stay_open\nFalse\n');
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * Ends exiftool if this process is killed: it would wait for commands for ever. On Windows, the system
 * sees to that.
 */
function watchOver(child: ChildProcessWithoutNullStreams): { stop(): void } {
  if (platform() === 'win32' || child.pid === undefined) return { stop() {} };
  const watch = spawn('/bin/sh', ['-c', 'read -r line; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watch.on('error', () => {});
  watch.stdin?.on('error', () => {});
  watch.unref();
  return { stop: () => watch.kill('SIGKILL') };
}
