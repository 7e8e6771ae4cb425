import type { FileHandle } from 'node:fs/promises';
import { isOpening, MAX_RECORD_LINE } from './record-line.js';

/** A line of a file, without its end. */
export interface Line {
  text: string;
  /** Where it begins in the file, in bytes. */
  at: number;
  /** In bytes, without its end. */
  length: number;
  /** Whether a line feed ends it. */
  ended: boolean;
}

const LINE_FEED = 0x0a;
const CHUNK = 1 << 20;
/** A longer line that does not begin like a record is not one, and is not held in memory. */
const MAX_OTHER = 16 << 20;

/**
 * Reads a file line by line, until `onLine` returns false. Returns its size in bytes, or undefined
 * if a line is longer than any record, so that the file was not read to its end.
 */
export async function eachLine(
  file: FileHandle,
  onLine: (line: Line) => unknown,
): Promise<number | undefined> {
  const batches = lineBatches(file);
  for (;;) {
    const { done, value } = await batches.next();
    if (done) return value;
    for (const line of value) if (onLine(line) === false) return undefined;
  }
}

/** The lines of a file, those of one read at a time. It returns the same as `eachLine`. */
export async function* lineBatches(
  file: FileHandle,
): AsyncGenerator<Line[], number | undefined, void> {
  let buffer = Buffer.allocUnsafe(CHUNK);
  /** Where the buffer's first byte lies in the file. */
  let at = 0;
  let filled = 0;
  for (;;) {
    if (filled === MAX_RECORD_LINE) return undefined;
    if (filled === MAX_OTHER && !beginsLikeRecord(buffer)) return undefined;
    if (filled === buffer.length) buffer = Buffer.concat([buffer], filled * 2);
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, at + filled);
    if (bytesRead === 0) break;
    const known = filled;
    filled += bytesRead;
    const bytes = buffer.subarray(0, filled);
    const lines: Line[] = [];
    let start = 0;
    let end = bytes.indexOf(LINE_FEED, known);
    for (; end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      const text = bytes.toString('utf8', start, end);
      lines.push({ text, at: at + start, length: end - start, ended: true });
      start = end + 1;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    at += start;
    yield lines;
  }
  if (filled > 0) {
    yield [{ text: buffer.toString('utf8', 0, filled), at, length: filled, ended: false }];
  }
  return at + filled;
}

function beginsLikeRecord(bytes: Buffer): boolean {
  return isOpening(bytes.toString('utf8', 0, 64));
}
