/** Records and results files for tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FailedRecord, NamedPicture, OkRecord } from '../../src/domain/record.js';
import { type Finished, type LedgerOptions, openLedger } from '../../src/storage/ledger/ledger.js';
import { temporaryFolder } from './files.js';

export function namedPicture(image: string): NamedPicture {
  return {
    image,
    mimeType: 'image/png',
    width: 4,
    height: 3,
    size: 1234,
    mtime: '2024-05-06T07:08:09.123Z',
    sha256: '0123456789abcdef'.repeat(4),
    sent: { mimeType: 'image/png', width: 4, height: 3, bytes: 1200, changes: ['stripped'] },
  };
}

export function okRecord(image: string, changed: Partial<OkRecord> = {}): OkRecord {
  return {
    ...namedPicture(image),
    status: 'ok',
    text: 'Ein Boot – 小さな船.',
    finishReason: 'STOP',
    model: 'gemini-3.5-flash-lite',
    usage: { inputTokens: 100, outputTokens: 10, thoughtTokens: 5, cachedTokens: 0 },
    request: 'fedcba9876543210',
    durationMs: 812,
    ...changed,
  };
}

export function failedRecord(image: string): FailedRecord {
  return {
    image,
    status: 'failed',
    error: { kind: 'service', message: 'the server is down', retryable: true },
  };
}

export function lineOf(record: unknown): string {
  return `${JSON.stringify(record)}\n`;
}

/** A results file of that content in a folder of its own. */
export function resultsFile(content: string | Uint8Array) {
  const folder = temporaryFolder();
  const path = join(folder, 'captions.jsonl');
  writeFileSync(path, content);
  return { folder, path };
}

export function open(path: string, options: Partial<LedgerOptions> = {}) {
  return openLedger(path, { overwrite: false, untouchable: [], ...options });
}

/** The newest answer under a key, to whatever question. */
export function newestIn(ledger: Pick<Finished, 'answersUnder'>, key: string) {
  const [entry] = ledger.answersUnder(key);
  return entry;
}

/** How many of the pictures that a results file names have an answer. */
export function finishedIn(ledger: Pick<Finished, 'answersUnder'>, path: string): number {
  const text = readFileSync(path, 'utf8');
  const names = new Set([...text.matchAll(/"image":"([^"]*)"/g)].map(([, name = '']) => name));
  return [...names].filter((name) => newestIn(ledger, name)).length;
}
