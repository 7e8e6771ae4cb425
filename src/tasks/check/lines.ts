import type { JudgedClaim, Verdict } from './verdict.js';

export const VERDICT_MARKS = { holds: '✓', fails: '✗', unclear: '?' } as const satisfies Record<
  Verdict,
  string
>;

/** `✓ claim<TAB>evidence`, without a newline inside or at the end. */
export function verdictLine({ verdict, claim, evidence }: JudgedClaim): string {
  return `${VERDICT_MARKS[verdict]} ${oneLine(claim)}\t${oneLine(evidence)}`;
}

/** A text with each run of white space as one blank. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
