import { descriptorOf } from '../../storage/descriptor.js';
import { openOutputFile, useDescriptor } from '../../storage/output-file.js';
import type { Output } from '../context.js';

/** Where results go: stdout, or a file. */
export interface Sink {
  /** Whether what is written is seen at once, so that a text may be shown before it is finished. */
  live: boolean;
  write(text: string): Promise<void>;
  /**
   * Puts what was written in its place. Where nothing was, or nothing but failures, a file that was
   * there before stays.
   *
   * @param kept how many records are answers, or as much of one as there is.
   * @param interrupted whether they are a part of what was wanted: a file that was there is kept,
   *   with a `~` behind its name.
   * @returns whether results were left out for that.
   */
  close(kept: number, interrupted: boolean): Promise<boolean>;
  discard(): Promise<void>;
}

/** Its file descriptor. */
const STDOUT = 1;

/** @param inputs files that must not be written over. */
export async function openSink(
  output: string | undefined,
  inputs: readonly string[],
  stdout: Output,
): Promise<Sink> {
  const toStdout: Sink = {
    live: true,
    write: stdout.write,
    close: async () => false,
    discard: async () => {},
  };
  if (output === undefined || output === '-') return toStdout;
  const descriptor = await descriptorOf(output);
  if (descriptor === STDOUT) return toStdout;
  const file =
    descriptor === undefined
      ? await openOutputFile(output, inputs)
      : useDescriptor(output, descriptor);
  let empty = true;
  return {
    live: false,
    async write(text) {
      if (text === '') return;
      empty = false;
      await file.write(text);
    },
    async close(kept, interrupted) {
      const keepsOld = kept === 0 && file.replaces;
      // An answer may be that there is nothing.
      const isNothing = empty && kept === 0;
      await (keepsOld || isNothing ? file.discard() : file.commit(interrupted));
      return keepsOld && !empty;
    },
    discard: file.discard,
  };
}
