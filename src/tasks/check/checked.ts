import type { CaptionRecord, ErrorRecord } from '../../domain/record.js';
import type { CheckResult, JudgedClaim, Verdict } from './verdict.js';

/** A record of `check`, as its formats look at it. */
export type Checked = {
  /** More than one where they were judged together. */
  images: readonly string[];
} & ({ ok: true; result: CheckResult; durationMs: number } | { ok: false; error: ErrorRecord });

export function checked(record: CaptionRecord<CheckResult>): Checked {
  const images = 'image' in record ? [record.image] : record.images.map(({ image }) => image);
  if (record.status === 'failed') return { images, ok: false, error: record.error };
  const { data, durationMs } = record;
  // Without it, a report would pass for one in which nothing fails.
  if (!data) throw new TypeError('a record of check holds no verdicts');
  return { images, ok: true, result: data, durationMs };
}

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
