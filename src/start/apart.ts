import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ThreadMessage } from './command-thread.js';

/**
 * What V8 may use for short-lived objects, in megabytes. By itself it makes the space for them larger, up to 48 MB, each
 * time that as much has outlived its quick collections as it holds, which comes in every long run
 * (docs/decisions/0011-memory-of-long-runs.md).
 */
const SHORT_LIVED_MB = 12;

const OUT_OF_MEMORY = `gemini-image: it took more memory than Node gives to a program
What was finished is in the results file (-o), or beside it. Ask for fewer at once (-c), or allow more, such as by
NODE_OPTIONS=--max-old-space-size=8192
`;

/**
 * Runs the command in a thread of its own, whose memory can be limited, and leaves its exit code with the process.
 * Meanwhile this thread hears what only the main thread of a process hears: signals, and the new width of a terminal.
 *
 * @param program the path of `command-thread`, as it is built.
 * @returns false if there is no such thread, because the system gives none, or little, or no working folder: then
 *   nothing of the command has run.
 * @throws Error if the command cannot be loaded.
 */
export async function runApart(
  program: string,
  args: readonly string[],
  onInterrupt: (callback: (code: number) => void) => void,
): Promise<boolean> {
  const thread = startThread(program, args);
  if (!thread) return false;
  const outputs = [[1, process.stdout] as const, [2, process.stderr] as const];
  // What Node, or code that it was told to load, prints there comes this way; nobody may read it any more.
  for (const [, stream] of outputs) stream.on('error', () => {});
  const post = (message: ThreadMessage) => thread.postMessage(message);
  let isOnline = false;
  thread.once('online', () => {
    isOnline = true;
    onInterrupt((interrupted) => post({ interrupted }));
    // Only terminals have another size.
    for (const [descriptor, stream] of outputs) {
      stream.on('resize', () => post({ descriptor, columns: stream.columns }));
    }
  });
  return new Promise((resolve, reject) => {
    const onExit = (code: number) => {
      process.exitCode = code;
      resolve(true);
    };
    thread.once('exit', onExit);
    thread.once('error', (error) => {
      thread.off('exit', onExit);
      if (!isOnline) return resolve(false);
      if (codeOf(error) !== 'ERR_WORKER_OUT_OF_MEMORY') return reject(error);
      // There may be a progress line on the terminal still.
      process.stderr.write((process.stderr.isTTY ? '\r\x1b[2K' : '') + OUT_OF_MEMORY);
      resolve(true);
    });
  });
}

/** Undefined if the system does not give it, or Node is told not to. */
function startThread(program: string, args: readonly string[]): Worker | undefined {
  if (hasTightLimits()) return undefined;
  try {
    return new Worker(program, {
      workerData: args,
      resourceLimits: { maxYoungGenerationSizeMb: SHORT_LIVED_MB },
      // All that it opens is closed with the process.
      trackUnmanagedFds: false,
    });
  } catch {
    return undefined;
  }
}

/** What a process with one more thread should be allowed, in bytes and numbers: less may end it in the middle. */
const ENOUGH = { 'address space': 4 * 1024 ** 3, processes: 64, 'open files': 128 };

/** Whether Linux lets this process have so little that a second heap, or what a thread opens, may not fit. */
function hasTightLimits(): boolean {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Object.entries(ENOUGH).some(([name, enough]) => {
      const [, limit] = new RegExp(`^Max ${name} +(\\d+)`, 'm').exec(limits) ?? [];
      return limit !== undefined && Number(limit) < enough;
    });
  } catch {
    return false;
  }
}

function codeOf(error: unknown): unknown {
  return Object(error).code;
}
