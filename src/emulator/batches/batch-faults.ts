// Batches that go wrong on request, as the real service was seen to do, at a known moment.

/** What each fault is counted by: jobs that are created, looks at a job, or downloads. */
const MOMENTS = {
  /** A job is not made, because the queue is full. No RetryInfo says how long. */
  429: 'create',
  /** A job is not made, and never will be with this key. */
  limit0: 'create',
  /** A job is made, and the connection breaks instead of the reply. */
  lost: 'create',
  /** A job is SUCCEEDED before its results are available. */
  late: 'job',
  /** Rows come in another order. */
  unordered: 'job',
  /** The last row is missing. */
  missing: 'job',
  /** The first row comes twice, the second time with another answer. */
  doubled: 'job',
  /** Every third row is an error. */
  rows: 'job',
  /** Rows with a `responseJsonSchema` in camelCase are answered as if there were none. */
  schema: 'job',
  /** A job that is cancelled has the rows of its first half. */
  partial: 'job',
  /** A job ends EXPIRED, without results. */
  expired: 'job',
  /** A job ends FAILED, without results. */
  failed: 'job',
  /** A job cannot be looked at. */
  503: 'get',
  /** The connection breaks in the middle of the results. */
  cut: 'download',
} as const;

export type BatchFaultKind = `${keyof typeof MOMENTS}`;
type Moment = (typeof MOMENTS)[keyof typeof MOMENTS];

/** `nth` 1 is the first since the emulator started; without it, every one goes wrong. */
export interface BatchFault {
  readonly kind: BatchFaultKind;
  readonly nth?: number;
}

export interface BatchFaultSchedule {
  /** Counts one such moment, and returns the faults that are due. */
  next(moment: Moment): ReadonlySet<BatchFaultKind>;
}

/** Throws a RangeError for a moment before the first. */
export function createBatchFaults(faults: readonly BatchFault[]): BatchFaultSchedule {
  for (const { nth = 1 } of faults) {
    if (!Number.isInteger(nth) || nth < 1) {
      throw new RangeError(`Batches are counted from 1, so that ${nth} never comes.`);
    }
  }
  const counts: Record<Moment, number> = { create: 0, job: 0, get: 0, download: 0 };
  return {
    next(moment) {
      counts[moment] += 1;
      const due = faults.filter(
        ({ kind, nth }) => MOMENTS[kind] === moment && (nth ?? counts[moment]) === counts[moment],
      );
      return new Set(due.map(({ kind }) => kind));
    },
  };
}
