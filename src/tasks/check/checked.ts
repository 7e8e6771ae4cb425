import type { CaptionRecord, ErrorRecord } from '../../domain/record.js';
import type { CheckResult, JudgedClaim, Verdict } from './verdict.js';

/** A record of `check`, in the form that its formats use. */
export type Checked = {
  /** More than one if they were judged together. */
  images: readonly string[];
} & ({ ok: true; result: CheckResult; durationMs: number } | { ok: false; error: ErrorRecord });

export function checked(record: CaptionRecord<CheckResult>): Checked {
  const images = 'image' in record ? [record.image] : record.images.map(({ image }) => image);
  if (record.status === 'failed') return { images, ok: false, error: record.error };
  const { data, durationMs } = record;
  // Without this check, the report would look as if nothing had failed.
  if (!data) throw new TypeError('a record of check holds no verdicts');
  return { images, ok: true, result: data, durationMs };
}

export const VERDICT_MARKS = { holds: '✓', fails: '✗', unclear: '?' } as const satisfies Record<
  Verdict,
  string
>;

/** `✓ claim<TAB>evidence`, always one line without its line end. */
export function verdictLine({ verdict, claim, evidence }: JudgedClaim): string {
  return `${VERDICT_MARKS[verdict]} ${oneLine(claim)}\t${oneLine(evidence)}`;
}

/** The same with the verdict in a word, since screen readers pass over the signs. */
export function spokenVerdict({ verdict, claim, evidence }: JudgedClaim): string {
  return `${VERDICT_MARKS[verdict]} ${verdict}: ${oneLine(claim)}\t${oneLine(evidence)}`;
}

/** Replaces each run of white space by one space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
