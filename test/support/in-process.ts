/** The built command in this process: all but its start, and what only a process of its own shows. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { BIN, type Finished, REPOSITORY, type RunOptions } from './command.js';
import type { HandClock } from './hand-clock.js';

/** As it is shipped; what vitest loads itself is transformed first, which takes seconds. */
const { main }: typeof import('../../src/cli/main.js') = createRequire(BIN)('./main.cjs');

/** What runs, all in one folder: a process is in one at a time. */
const running = {
  folder: REPOSITORY,
  cacheHome: process.env.XDG_CACHE_HOME,
  ends: new Set<Promise<unknown>>(),
};

interface InProcessOptions extends RunOptions {
  clock?: HandClock;
  /** Stdout is a terminal of this width. */
  columns?: number;
  /** The day whose prices hold. */
  today?: Date;
  /** When it resolves, Ctrl-C is pressed; on a clock that is handed in, its grace is over at once. */
  interrupted?: Promise<unknown>;
}

/** How long what is on its way may take after Ctrl-C. */
const GRACE_MS = 5000;

/**
 * Runs `gemini-image` to its end, as `run` does, without the quarter of a second that a process takes
 * to start.
 */
export async function runInProcess(
  args: readonly string[],
  { cwd = REPOSITORY, env = {}, stdin, clock, today, columns, interrupted }: InProcessOptions = {},
): Promise<Omit<Finished, 'signal'>> {
  if (stdin === 'open') throw new Error('only a process can be kept waiting');
  while (running.ends.size > 0 && running.folder !== cwd) await Promise.race(running.ends);
  if (running.ends.size === 0) running.cacheHome = process.env.XDG_CACHE_HOME;
  running.folder = cwd;
  process.chdir(cwd);
  // What the system's library for such folders reads itself; the user's own cache stays as it is.
  process.env.XDG_CACHE_HOME = env.XDG_CACHE_HOME ?? join(cwd, '.cache');
  const [stdout, stderr] = [collector(), collector()];
  const ending = main({
    args,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    folder: '.',
    node: process.versions.node,
    stdin: {
      stream: () => Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]),
      isData: stdin !== undefined,
    },
    stdout: {
      stream: Object.assign(stdout.stream, columns && { columns }),
      isTerminal: columns !== undefined,
    },
    stderr: { stream: stderr.stream, isTerminal: false },
    // What a test leaves running must not hold up the next one.
    onInterrupt(interrupt) {
      onTestFinished(() => interrupt(130));
      void interrupted?.then(() => {
        interrupt(130);
        clock?.pass(GRACE_MS);
      });
    },
    onCrash: () => {},
    ...(clock && { clock: clock.clock }),
    ...(today && { today: () => today }),
  });
  running.ends.add(ending);
  try {
    return { code: await ending, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    running.ends.delete(ending);
    // The folder of a test is gone after it.
    if (running.ends.size === 0) {
      process.chdir(REPOSITORY);
      if (running.cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = running.cacheHome;
    }
  }
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
