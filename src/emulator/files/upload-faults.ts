// Uploads that go wrong on request, each once and at a known moment.

/** A fault, and at which of its moments it occurs: 1 is the first since the emulator started. */
export type UploadFault =
  | { readonly kind: 'cut' | 'lost' | 'failed' | 'stuck'; readonly nth: number }
  /** Answered with an HTTP status of 400 to 599. */
  | { readonly kind: 'refused'; readonly nth: number; readonly status: number };

type Moment = 'chunk' | 'finalize' | 'file';

/** What each fault is counted by. */
const MOMENTS = {
  /** The connection breaks when half of a chunk has arrived, and that half is kept. */
  cut: 'chunk',
  /** A chunk is not taken. */
  refused: 'chunk',
  /** A file is made, and the connection breaks instead of the reply. */
  lost: 'finalize',
  /** A file ends FAILED. */
  failed: 'file',
  /** A file stays PROCESSING. */
  stuck: 'file',
} as const satisfies Record<UploadFault['kind'], Moment>;

export interface FaultSchedule {
  /** Counts one such moment, and returns the fault that is due. */
  next(moment: Moment): UploadFault | undefined;
}

/** Throws a RangeError for a moment before the first or a status outside 400–599. */
export function createFaultSchedule(faults: readonly UploadFault[]): FaultSchedule {
  for (const fault of faults) {
    if (!Number.isInteger(fault.nth) || fault.nth < 1) {
      throw new RangeError(`Uploads are counted from 1, so that ${fault.nth} never comes.`);
    }
    if (fault.kind === 'refused' && !(fault.status >= 400 && fault.status <= 599)) {
      throw new RangeError(`A failure needs an HTTP status of 400 to 599, not ${fault.status}.`);
    }
  }
  const counts: Record<Moment, number> = { chunk: 0, finalize: 0, file: 0 };
  return {
    next(moment) {
      counts[moment] += 1;
      return faults.find(({ kind, nth }) => MOMENTS[kind] === moment && nth === counts[moment]);
    },
  };
}
