import { fstatSync, writeSync } from 'node:fs';
import { main, type World } from '../cli/main.js';
import { ERASE } from '../cli/progress.js';

/** A bug; also what a run that never ends leaves behind, so that it cannot pass for a success (`bin.cts` has it, too). */
const INTERNAL = 70;

/** What differs with the thread in which the command runs. */
export type Streams = Pick<World, 'stdout' | 'stderr' | 'onInterrupt'> & {
  stdin: World['stdin']['stream'];
};

/**
 * Runs the command in this thread, and leaves its exit code with the process, or with the worker, whose thread it is.
 */
export async function runCommand(args: readonly string[], streams: Streams): Promise<void> {
  const { stdin, stdout, stderr, onInterrupt } = streams;
  process.exitCode = INTERNAL;
  const onUnsettled = () => {
    // There may be a progress line on the terminal still.
    const clear = stderr.isTerminal ? ERASE : '';
    writeSync(2, `${clear}gemini-image: a bug: the run ended without a result\n`);
  };
  process.once('exit', onUnsettled);
  process.exitCode = await main({
    args,
    env: process.env,
    folder: '.',
    node: process.versions.node,
    stdin: { stream: stdin, isData: isData(0) },
    stdout,
    stderr,
    onInterrupt,
    openFiles,
    onCrash(callback) {
      process.on('uncaughtException', (error) => {
        callback(error);
        process.exitCode = INTERNAL;
      });
    },
  }).finally(() => process.off('exit', onUnsettled));
}

/** Whether a file descriptor holds data to read: a pipe, a socket or a file, not a terminal. */
function isData(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    return false;
  }
}

/** The limit of the system on open files, which counts connections too. */
function openFiles(): number | undefined {
  const report: { userLimits?: { open_files?: { soft?: unknown } } } = Object(
    process.report.getReport(),
  );
  const limit = Number(report.userLimits?.open_files?.soft);
  return Number.isInteger(limit) ? limit : undefined;
}
