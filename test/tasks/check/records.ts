import { GeminiImageError } from '../../../src/domain/error.js';
import {
  errorRecord,
  type FailedRecord,
  type NamedPicture,
  type OkRecord,
  type TogetherFailedRecord,
  type TogetherOkRecord,
} from '../../../src/domain/record.js';
import type { CheckResult, JudgedClaim, Verdict } from '../../../src/tasks/check/verdict.js';

/** What a claim may hold that a format could trip over. */
export const HOSTILE: readonly string[] = [
  'a "quoted" \'claim\' <b>&amp;</b> ]]> & more',
  'true',
  'two\nlines,\r\nthree\rand a\ttab',
  '::set-env name=A::b\n::add-mask::c\r::error::d%0A::warning::e',
  '✗ 🚢 \u{1F468}\u200D\u{1F469} Ünïcode \u2028 \u202e \u0085',
  'nul \0 bell \x07 escape \x1b[31m delete \x7f half \ud800 other half \udc00 none \ufffe \uffff',
  '| a | `b` [c](https://example.com) ![d](e) *f* _g_ ~h~ <script>alert(1)</script> \\| @i #1 $j$',
  ' blanks around ',
  'ten kilobytes '.repeat(750),
];

/** A hundred random texts of marks and controls, always the same. */
export function randomTexts(): string[] {
  const alphabet = ['&', '<', '>', '"', "'", ']', '|', '`', '%', ':', ',', '=', '\\', '\n', '\r'];
  alphabet.push('\t', '\0', '\x1f', 'a', ' ', 'é', '\ud83d', '\udea2', '🚢', '\ufffe', '#', ';');
  let state = 7;
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const text = () => Array.from({ length: 40 }, () => alphabet[next(alphabet.length)]).join('');
  return Array.from({ length: 100 }, () => `x${text()}`);
}

export function judged(
  verdict: Verdict,
  claim = 'The sea is calm.',
  evidence = 'There are waves.',
  more: Partial<JudgedClaim> = {},
): JudgedClaim {
  return { claim, verdict, evidence, ...more };
}

export function ok(image: string, ...verdicts: JudgedClaim[]): OkRecord<CheckResult> {
  return { ...picture(image), ...answer(verdicts) };
}

export function together(
  images: readonly string[],
  ...verdicts: JudgedClaim[]
): TogetherOkRecord<CheckResult> {
  return { images: images.map(picture), ...answer(verdicts) };
}

export function failed(image: string, message = 'there is no such file'): FailedRecord {
  return { image, status: 'failed', error: failure(message) };
}

export function togetherFailed(...images: string[]): TogetherFailedRecord {
  const named = images.map((image) => ({ image }));
  return { images: named, status: 'failed', error: failure('there is no such file') };
}

function failure(message: string) {
  return errorRecord(new GeminiImageError({ kind: 'input', message, hint: 'Look again.' }));
}

function picture(image: string): NamedPicture {
  const size = { mimeType: 'image/png', width: 1, height: 1 };
  return { image, ...size, size: 1, sha256: '0', sent: { ...size, bytes: 1, changes: [] } };
}

function answer(verdicts: readonly JudgedClaim[]) {
  return {
    status: 'ok' as const,
    text: 'unused',
    finishReason: 'STOP',
    model: 'm',
    request: 'r',
    durationMs: 1500,
    data: { verdicts },
  };
}
