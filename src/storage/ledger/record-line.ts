import { isObject } from '../../domain/is-object.js';
import { jsonLine } from '../../domain/json.js';
import type { CaptionRecord } from '../../domain/record.js';

/** How every record begins, of one picture or of several. */
const OPENING = '{"image';

/** In hexadecimal. */
const SHA256_LENGTH = 64;

/** One record as a line of JSON Lines, with its end. */
export function recordLine(record: CaptionRecord): string {
  return jsonLine(record);
}

/**
 * The record of a line; undefined where the line is none. Only what a ledger relies on is looked
 * at: records of version 0.1.0, which have neither `request` nor `size`, are records too.
 */
export function parseRecord(text: string): CaptionRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text is a beginning of a record, or nothing that somebody would have written. */
export function isTorn(text: string): boolean {
  return OPENING.startsWith(text) || text.startsWith(OPENING) || /^\0*$/.test(text);
}

/** Whether a text is JSON from its beginning to its end, which no torn record is. */
export function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
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
    isOptional(picture.size, 'number') &&
    isOptional(picture.mtime, 'string')
  );
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
