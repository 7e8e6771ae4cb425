import { createHash } from 'node:crypto';
import type { CaptionRecord } from '../../domain/record.js';
import { keyOfRecord } from './ledger-key.js';

/** The pictures whose newest record is a failure, with a digest of that failure. */
export class LastFailures {
  /** By `ledgerKey`. Digests, because they are smaller than most errors. */
  readonly #digests = new Map<string, string>();

  /** Adds a record that is newer than all before. */
  add(record: CaptionRecord): void {
    if (record.status === 'failed') this.#digests.set(keyOfRecord(record), digestOf(record));
    else if (this.#digests.size > 0) this.answer(keyOfRecord(record));
  }

  /** Adds a record of an answer that is newer than all before. */
  answer(key: string): void {
    this.#digests.delete(key);
  }

  get count(): number {
    return this.#digests.size;
  }

  has(key: string): boolean {
    return this.#digests.has(key);
  }

  /** Whether a record says something that the newest one of its picture does not. */
  isNews(record: CaptionRecord): boolean {
    return record.status === 'ok' || this.#digests.get(keyOfRecord(record)) !== digestOf(record);
  }
}

/** Failures that differ only in duration, cost or waiting time are the same failure. */
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
