import { open } from 'node:fs/promises';
import type { CaptionRecord } from '../../domain/record.js';
import { eachLine } from './lines.js';
import { isRest, parseRecord } from './record-line.js';

/**
 * Whether a results file holds an answer that matches. It is read up to a line that is neither a
 * record nor a part of one.
 *
 * @throws an error of the system if the file cannot be read.
 */
export async function hasAnswer(
  path: string,
  matches: (record: CaptionRecord) => boolean,
): Promise<boolean> {
  const file = await open(path);
  let isFound = false;
  try {
    await eachLine(file, ({ text }) => {
      const record = parseRecord(text);
      if (!record) return text.trim() === '' || isRest(text);
      isFound = record.status === 'ok' && matches(record);
      return !isFound;
    });
  } finally {
    await file.close();
  }
  return isFound;
}
