import { createHash } from 'node:crypto';
import type { CaptionRecord } from '../../domain/record.js';
import { ledgerKey } from './index-of-finished.js';

/** Which pictures have a failure as their newest record, and which one. */
export class LastFailures {
  /** By `ledgerKey`. A digest is smaller than most errors. */
  readonly #digests = new Map<string, string>();

  /** Takes note of a record, which is newer than all before. */
  add(record: CaptionRecord): void {
    if (record.status === 'failed') this.#digests.set(keyOf(record), digestOf(record));
    else if (this.#digests.size > 0) this.#digests.delete(keyOf(record));
  }

  has(key: string): boolean {
    return this.#digests.has(key);
  }

  /** Whether a record says something that the newest one of its picture does not. */
  isNews(record: CaptionRecord): boolean {
    return record.status === 'ok' || this.#digests.get(keyOf(record)) !== digestOf(record);
  }
}

function keyOf(record: CaptionRecord): string {
  return ledgerKey('image' in record ? [record.image] : record.images.map(({ image }) => image));
}

/** How long it took, what it cost and when to come back makes no other failure of it. */
function digestOf(record: CaptionRecord): string {
  const told = JSON.stringify({ ...record, ...MEASURED }, (key, value: unknown) =>
    typeof value === 'string' && TOLD.includes(key) ? value.replace(TIMES, '') : value,
  );
  return createHash('sha256').update(told).digest('base64url').slice(0, 22);
}

const TOLD = ['message', 'hint'];

/** Such as `37.2s`, `2 min` or `7 attempts`. */
const TIMES = /\d{1,9}(?:\.\d{1,9})? ?(?:ms|s|sec|seconds?|min|minutes?|h|hours?|attempts?)\b/g;

const MEASURED = { usage: undefined, costUsd: undefined, durationMs: undefined };
