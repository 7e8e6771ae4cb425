/** The built command, run as a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));

export const BIN = join(REPOSITORY, manifest.bin['gemini-image']);

export interface RunOptions {
  /** `temporaryFolder()` where a test has files of its own; else the repository. */
  cwd?: string;
  /** Added to PATH and HOME, which is all that a child gets. */
  env?: Record<string, string>;
  /** What to send to stdin before closing it; left open where it is `open`, /dev/null if absent. */
  stdin?: string | Uint8Array | 'open';
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessWithoutNullStreams;
  finished: Promise<Finished>;
  /** Resolves as soon as stdout so far satisfies a condition. */
  printed(condition: (stdout: string) => boolean): Promise<void>;
}

/** Runs `gemini-image` to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(args, options).finished;
}

/** Starts `gemini-image`. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const running = startProgram(process.execPath, [BIN, ...args], options);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

/** Runs a line of bash in which `"$@"` is the command, for redirections and pipes. */
export function shell(line: string, args: readonly string[], options: RunOptions = {}) {
  const words = ['--norc', '-c', line, 'bash', process.execPath, BIN, ...args];
  return startProgram('bash', words, options).finished;
}

export function startProgram(
  program: string,
  args: readonly string[],
  { cwd = REPOSITORY, env = {}, stdin }: RunOptions = {},
): Running {
  if (!existsSync(BIN)) throw new Error('dist/ is missing: npm run build');
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }) as ChildProcessWithoutNullStreams;
  const output = { stdout: '', stderr: '' };
  let onOutput = () => {};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      onOutput();
    });
  }
  if (stdin !== undefined) {
    // The command may refuse its input before it has read all of it.
    child.stdin.on('error', () => {});
    if (stdin !== 'open') child.stdin.end(stdin);
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return {
    child,
    finished,
    printed: (condition) =>
      new Promise((resolve, reject) => {
        onOutput = () => {
          if (condition(output.stdout)) resolve();
        };
        onOutput();
        child.once('close', () => reject(new Error(`it ended first: ${JSON.stringify(output)}`)));
      }),
  };
}
