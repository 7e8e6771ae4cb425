import { descriptorOf, openOutputFile } from '../storage/output-file.js';
import type { Untouchable } from '../storage/reserved-files.js';
import type { Admission } from './admission.js';
import type { Output } from './context.js';

/** Where results go: stdout, or a file. */
export interface Sink {
  /** Whether what is written is seen at once, so that a text may be shown before it is finished. */
  live: boolean;
  /** @param ending makes a whole of a file that is not finished; the next text takes its place. */
  write(text: string, ending?: string): Promise<void>;
  /**
   * Puts what was written in its place. Where nothing was, or nothing but failures, a file that was
   * there before stays.
   *
   * @param kept how many records are answers, or as much of one as there is.
   * @param isReport whether records of failures replace a report that was there before, too.
   * @returns whether results were left out for that.
   */
  close(kept: number, isReport: boolean): Promise<boolean>;
  /** Leaves what was there before as it was, and what was written goes. */
  discard(): Promise<void>;
  /** The same, but what was written is kept; returns where. */
  keep(): Promise<string | undefined>;
}

/** Its file descriptor. */
const STDOUT = 1;

/** What goes to stdout is out at once. */
export function stdoutSink({ write }: Output): Sink {
  return {
    live: true,
    write: (text) => write(text),
    close: async () => false,
    discard: async () => {},
    keep: async () => undefined,
  };
}

/** Whether results go to stdout, also by the name of a file. */
export async function isStdout(output: string | undefined): Promise<boolean> {
  return output === undefined || output === '-' || (await descriptorOf(output)) === STDOUT;
}

/**
 * @param untouchable files that must not be written over.
 * @param admission what may be done to the file that is there.
 */
export async function openSink(
  output: string,
  untouchable: Untouchable,
  { isForeign, keeping }: Admission,
  onNoLock: (why: string) => void,
): Promise<Sink> {
  const file = await openOutputFile(output, untouchable, onNoLock);
  let empty = true;
  return {
    live: false,
    async write(text, ending) {
      if (text !== '') empty = false;
      await file.write(text, ending);
    },
    async close(kept, isReport) {
      const keepsOld = kept === 0 && file.replaces && (!isReport || isForeign);
      // An answer may be that there is nothing.
      const isNothing = empty && kept === 0;
      if (keepsOld || isNothing) await file.discard();
      else await file.commit(await keeping(kept));
      return keepsOld && !empty;
    },
    discard: () => file.discard(),
    keep: () => file.keep(),
  };
}
