import { GeminiImageError } from '../../domain/error.js';
import { isObject, jsonLine } from '../../domain/json.js';
import type { CaptionRecord } from '../../domain/record.js';

/** How every record begins, of one picture or of several. */
const OPENING = '{"image';

/**
 * The longest line in bytes, with its end. It has room for an answer of 32 MB in which every letter
 * has to be escaped, or which has its data beside it. Readers and writers use the same limit. It is a
 * power of two, because the buffer of a reader grows by doubling.
 */
export const MAX_RECORD_LINE = 256 << 20;

/** Programs of Windows put it before a text; it is not a part of the text. */
const BYTE_ORDER_MARK = '\uFEFF';

/** In hexadecimal. */
const SHA256_LENGTH = 64;

/**
 * One record as a line of JSON Lines, with its line end.
 *
 * @throws GeminiImageError of kind `service` if the line is too long to be read again.
 */
export function recordLine(record: CaptionRecord, limit = MAX_RECORD_LINE): string {
  const line = stringified(record);
  if (line !== undefined && Buffer.byteLength(line) <= limit) return line;
  const name =
    'image' in record ? record.image : `a question about ${record.images.length} pictures`;
  throw new GeminiImageError({
    kind: 'service',
    message: `the answer to ${name} is too large to be kept`,
    hint: 'Limit it with --max-output-tokens.',
  });
}

/** Undefined if the text would be longer than JavaScript allows. */
function stringified(record: CaptionRecord): string | undefined {
  try {
    return jsonLine(record);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The record in a line; undefined if the line is no record. Only the fields that a ledger relies on
 * are checked: records of builds before 0.1.0, which have no `request` and no `size`, are valid too.
 */
export function parseRecord(text: string): CaptionRecord | undefined {
  try {
    const value: unknown = JSON.parse(withoutMark(text));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text that is long enough to tell begins like a record. */
export function isOpening(text: string): boolean {
  return /^\{"images?":/.test(withoutMark(text));
}

/** Whether a text is the beginning of a record, or cannot have been written by a person. */
export function isTorn(text: string): boolean {
  const bare = withoutMark(text);
  return OPENING.startsWith(bare) || bare.startsWith(OPENING) || /^\0*$/.test(bare);
}

/**
 * Whether a line among records is a part of a record: its beginning, its end, or a piece that is left
 * because a page of the file was lost. Text that a person wrote, or other JSON, is not.
 */
export function isRest(text: string): boolean {
  if (isWholeJson(text)) return false;
  const bare = withoutMark(text);
  if (isOpening(text)) return true;
  // An interrupted repair leaves a blank at the beginning, a lost write leaves NUL, and U+FFFD stands
  // for half a letter.
  if (/^\s|[\0\uFFFD]/.test(bare)) return true;
  return bare.trimEnd().endsWith('}') && bare.includes('"');
}

/** A record that stands behind something else on one line. */
export interface Recovered {
  record: CaptionRecord;
  /** What stands before it. */
  before: string;
}

/** Each picture of a question has such an opening too; no request takes more pictures. */
const MOST_OPENINGS = 4000;

/** The record at the end of a line that begins with a part of another record, or the like. */
export function recordBehind(text: string): Recovered | undefined {
  let at = text.lastIndexOf(OPENING);
  for (let tries = 0; at > 0 && tries < MOST_OPENINGS; tries += 1) {
    const record = parseRecord(text.slice(at));
    if (record) return { record, before: text.slice(0, at) };
    at = text.lastIndexOf(OPENING, at - 1);
  }
  return undefined;
}

/** Whether a text is JSON from its beginning to its end, which no torn record is. */
export function isWholeJson(text: string): boolean {
  try {
    JSON.parse(withoutMark(text));
    return true;
  } catch {
    return false;
  }
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function isRecord(value: unknown): value is CaptionRecord {
  if (!isObject(value)) return false;
  const pictures = 'image' in value ? [value] : value.images;
  if (!Array.isArray(pictures) || pictures.length === 0) return false;
  if (value.status === 'failed') return isObject(value.error) && pictures.every(isNamed);
  return (
    value.status === 'ok' &&
    typeof value.text === 'string' &&
    isOptional(value.request, 'string') &&
    (value.answers === undefined || isObject(value.answers)) &&
    (value.requests === undefined || isTexts(value.requests)) &&
    (value.usage === undefined || isUsage(value.usage)) &&
    pictures.every(isPicture)
  );
}

function isNamed(picture: unknown): boolean {
  return isObject(picture) && typeof picture.image === 'string';
}

function isPicture(picture: unknown): boolean {
  return (
    isObject(picture) &&
    typeof picture.image === 'string' &&
    typeof picture.sha256 === 'string' &&
    picture.sha256.length === SHA256_LENGTH &&
    isOptional(picture.pictureSha256, 'string') &&
    isOptional(picture.size, 'number') &&
    isOptional(picture.mtime, 'string')
  );
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'string');
}

function isUsage(usage: unknown): boolean {
  return (
    isObject(usage) &&
    typeof usage.inputTokens === 'number' &&
    typeof usage.outputTokens === 'number' &&
    typeof usage.thoughtTokens === 'number'
  );
}

function isOptional(value: unknown, type: 'number' | 'string'): boolean {
  return value === undefined || typeof value === type;
}
