import type { NormalizedBox, PixelBox } from '../../domain/box.js';

export const VERDICTS = ['holds', 'fails', 'unclear'] as const;
/** What can be said about a claim. */
export type Verdict = (typeof VERDICTS)[number];

/** A claim and its verdict. */
export interface JudgedClaim {
  readonly claim: string;
  readonly verdict: Verdict;
  /** A sentence. With several votes, it is that of a vote that agrees with the verdict. */
  readonly evidence: string;
  /** Where it can be seen, in stored pixels; only if the question is about one picture. */
  readonly box?: PixelBox;
  readonly normalized?: NormalizedBox;
  /** How many votes each verdict got; absent if there was one call. */
  readonly votes?: Readonly<Record<Verdict, number>>;
}

/** The result of `check` for one picture, or for several together: `data` of its record. */
export interface CheckResult {
  /** In the order of the claims. */
  readonly verdicts: readonly JudgedClaim[];
}
