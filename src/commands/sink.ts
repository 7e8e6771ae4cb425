import { openOutputFile } from '../storage/output-file.js';
import type { Output } from './context.js';

/** Where results go: stdout, or a file. */
export interface Sink {
  /** Whether what is written is seen at once, so that a text may be shown before it is finished. */
  live: boolean;
  write(text: string): Promise<void>;
  /**
   * Puts what was written in its place. Where nothing was, or nothing but failures, a file that was
   * there before stays.
   *
   * @returns whether results were left out for that.
   */
  close(produced: number): Promise<boolean>;
  discard(): Promise<void>;
}

/** Not by their paths: what is behind them may be a file that others write to as well. */
const STDOUT = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

/** @param inputs files that must not be written over. */
export async function openSink(
  output: string | undefined,
  inputs: readonly string[],
  stdout: Output,
): Promise<Sink> {
  if (output === undefined || STDOUT.includes(output)) {
    return { live: true, write: stdout.write, close: async () => false, discard: async () => {} };
  }
  const file = await openOutputFile(output, inputs);
  let empty = true;
  return {
    live: false,
    async write(text) {
      if (text === '') return;
      empty = false;
      await file.write(text);
    },
    async close(produced) {
      const keepsOld = produced === 0 && file.replaces;
      await (empty || keepsOld ? file.discard() : file.commit());
      return keepsOld && !empty;
    },
    discard: file.discard,
  };
}
