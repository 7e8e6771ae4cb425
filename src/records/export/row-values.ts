import type { AnswerValue } from '../rows/answer-names.js';
import { type AnsweredRow, type PictureRow, reviewOf } from '../rows/picture-row.js';

/** The names of a row's pictures; several, if they were asked about together, each on a line. */
export function imageOf({ pictures }: PictureRow): string {
  const [first, ...others] = pictures;
  if (first === undefined || others.length === 0) return first?.image ?? '';
  return pictures.map(({ image }) => image).join('\n');
}

/** An answer as one text: the entries of a list are joined, and of an object the first text counts. */
export function textOf(value: AnswerValue, separator: string): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.join(separator);
  const first = Object.values(value).find((one) => typeof one === 'string');
  return first ?? JSON.stringify(value);
}

/** The answer that stands for the row: the one to the question that the ledger has first. */
export function mainText(row: PictureRow): string | undefined {
  if (row.status === 'failed') return undefined;
  for (const { value } of row.answers.values()) return textOf(value, ', ');
  return row.newest.text;
}

/** A fact of a row that is no answer, as a value of JSON. */
type Fact = (row: PictureRow) => string | number | boolean | undefined;

const ofAnswered =
  (fact: (row: AnsweredRow) => ReturnType<Fact>): Fact =>
  (row) =>
    row.status === 'ok' ? fact(row) : undefined;

/** A fact of a single picture. */
const ofPicture = (fact: (picture: AnsweredRow['pictures'][number]) => ReturnType<Fact>): Fact =>
  ofAnswered(({ pictures: [picture, ...others] }) =>
    picture && others.length === 0 ? fact(picture) : undefined,
  );

const ofUsage = (name: 'inputTokens' | 'outputTokens' | 'thoughtTokens' | 'cachedTokens'): Fact =>
  ofAnswered(({ records }) => sumOf(records.map(({ usage }) => usage?.[name])));

/** What the newest word of a person says. */
const ofReview = (name: 'edited' | 'reviewed' | 'by' | 'at'): Fact =>
  ofAnswered(({ records }) => {
    const record = records.findLast((one) => 'edited' in one || 'reviewed' in one);
    return record && (reviewOf(record)[name] || undefined);
  });

const ofError =
  (fact: (error: { kind: string; message: string }) => string): Fact =>
  (row) =>
    row.status === 'failed' ? fact(row.record.error) : undefined;

/** The facts by the names of their columns. */
export const FACTS = {
  image: imageOf,
  status: ({ status }) => status,
  text: mainText,
  words: (row) => wordsIn(mainText(row)),
  chars: (row) => mainText(row)?.length,
  model: ofAnswered(({ newest }) => newest.model),
  askedModel: ofAnswered(({ newest }) => newest.askedModel),
  tier: ofAnswered(({ newest }) => newest.tier),
  finishReason: ofAnswered(({ newest }) => newest.finishReason),
  inputTokens: ofUsage('inputTokens'),
  outputTokens: ofUsage('outputTokens'),
  thoughtTokens: ofUsage('thoughtTokens'),
  cachedTokens: ofUsage('cachedTokens'),
  costUsd: ofAnswered(({ records }) => sumOf(records.map(({ costUsd }) => costUsd))),
  cached: ofAnswered(({ newest }) => newest.cached),
  mimeType: ofPicture(({ mimeType }) => mimeType),
  width: ofPicture(({ width }) => width),
  height: ofPicture(({ height }) => height),
  orientation: ofPicture(({ orientation }) => orientation),
  pages: ofPicture(({ pages }) => pages),
  size: ofPicture(({ size }) => size),
  mtime: ofPicture(({ mtime }) => mtime),
  sha256: ofPicture(({ sha256 }) => sha256),
  pictureSha256: ofPicture(({ pictureSha256 }) => pictureSha256),
  edited: ofReview('edited'),
  reviewed: ofReview('reviewed'),
  by: ofReview('by'),
  at: ofReview('at'),
  durationMs: ofAnswered(({ records }) => sumOf(records.map(({ durationMs }) => durationMs))),
  errorKind: ofError(({ kind }) => kind),
  errorMessage: ofError(({ message }) => message),
} as const satisfies Record<string, Fact>;

export type FactName = keyof typeof FACTS;

export function isFact(name: string): name is FactName {
  return Object.hasOwn(FACTS, name);
}

/** Facts that are numbers, for tables with types. */
export const NUMBERS: ReadonlySet<string> = new Set<FactName>([
  ...(['words', 'chars', 'inputTokens', 'outputTokens', 'thoughtTokens', 'cachedTokens'] as const),
  ...(['width', 'height', 'orientation', 'pages', 'size'] as const),
]);
export const FRACTIONS: ReadonlySet<string> = new Set<FactName>(['costUsd', 'durationMs']);
export const BOOLEANS: ReadonlySet<string> = new Set<FactName>(['cached', 'edited']);

function sumOf(numbers: readonly (number | undefined)[]): number | undefined {
  if (numbers.length === 1) return numbers[0];
  let sum: number | undefined;
  for (const one of numbers) if (one !== undefined) sum = (sum ?? 0) + one;
  // Sums of costs such as 0.1 + 0.2 get no digits that nobody was billed.
  return sum === undefined ? undefined : Number(sum.toPrecision(12));
}

function wordsIn(text: string | undefined): number | undefined {
  return text?.split(/\s+/).filter((word) => word !== '').length;
}

/** A row without the answers that a person has rejected; undefined if nothing is left of it. */
export function withoutRejected(row: PictureRow): PictureRow | undefined {
  if (row.status === 'failed') return row;
  const isRejected = ({ record }: { record: AnsweredRow['newest'] }) =>
    'reviewed' in record && record.reviewed === 'rejected';
  const all = [...row.answers.values(), ...row.fields.values()];
  if (!all.some(isRejected)) return row;
  const answers = new Map([...row.answers].filter(([, one]) => !isRejected(one)));
  const fields = new Map([...row.fields].filter(([, one]) => !isRejected(one)));
  if (answers.size + fields.size === 0) return undefined;
  return { ...row, answers, fields };
}
