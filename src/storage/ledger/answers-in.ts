import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CaptionRecord } from '../../domain/record.js';
import { parseRecord } from './record-line.js';

/** In bytes. No record is longer; what has longer lines is something else, and need not be held. */
const MAX_READ = 16 << 20;

/**
 * The answers in the beginning of a results file, up to something that is no record.
 *
 * @throws an error of the system where the file cannot be read.
 */
export async function* answersIn(path: string): AsyncGenerator<CaptionRecord, void, void> {
  const file = createReadStream(path, { end: MAX_READ });
  try {
    for await (const line of createInterface({ input: file })) {
      const record = parseRecord(line);
      if (!record) return;
      if (record.status === 'ok') yield record;
    }
  } finally {
    file.destroy();
  }
}
