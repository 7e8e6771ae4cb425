import type { NormalizedBox, PixelBox } from '../../domain/box.js';

export const VERDICTS = ['holds', 'fails', 'unclear'] as const;
/** What can be said of a claim about a picture. */
export type Verdict = (typeof VERDICTS)[number];

/** A claim, and what was said of it. */
export interface JudgedClaim {
  readonly claim: string;
  readonly verdict: Verdict;
  /** A sentence; of several votes, that of one that agrees with the verdict. */
  readonly evidence: string;
  /** Where it can be seen, in stored pixels; of one picture only. */
  readonly box?: PixelBox;
  readonly normalized?: NormalizedBox;
  /** How many votes there were for each; absent where there was one call. */
  readonly votes?: Readonly<Record<Verdict, number>>;
}

/** What `check` finds out about one picture, or several together: `data` of its record. */
export interface CheckResult {
  /** In the order of the claims. */
  readonly verdicts: readonly JudgedClaim[];
}
