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
  const chunks = lineChunks(file);
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return value;
    for (const line of linesIn(value)) {
      if (onLine(line) !== false) continue;
      await chunks.return(undefined);
      return undefined;
    }
  }
}

/** Whole lines of a file, one after the other. */
export interface LineChunk {
  /** Valid until the next chunk. Each line ends with a line feed, but for the last one of a file. */
  bytes: Buffer;
  /** Where they begin in the file. */
  at: number;
}

/** Called with where a line of a chunk begins and ends, without its line feed. */
type OnSpan = (start: number, end: number) => void;

/** Finds the lines of a chunk. */
export function eachSpan({ bytes }: LineChunk, onSpan: OnSpan): void {
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    onSpan(start, end);
    start = end + 1;
  }
  if (start < bytes.length) onSpan(start, bytes.length);
}

function linesIn(chunk: LineChunk): Line[] {
  const lines: Line[] = [];
  eachSpan(chunk, (start, end) => lines.push(lineOf(chunk, start, end)));
  return lines;
}

/** A line of a chunk. */
export function lineOf({ bytes, at }: LineChunk, start: number, end: number): Line {
  const text = bytes.toString('utf8', start, end);
  return { text, at: at + start, length: end - start, ended: end < bytes.length };
}

/**
 * Reads whole lines. While a chunk is used, the next one is read. It returns the same as `eachLine`.
 *
 * @param from where the first line begins, in bytes.
 */
export async function* lineChunks(
  file: FileHandle,
  from = 0,
): AsyncGenerator<LineChunk, number | undefined, void> {
  let [buffer, other] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)];
  /** Where the buffer's first byte lies in the file. */
  let at = from;
  let filled = 0;
  const read = () => {
    const bytes = file.read(buffer, filled, buffer.length - filled, at + filled);
    // It may fail before it is waited for.
    bytes.catch(() => undefined);
    return bytes;
  };
  let reading = read();
  try {
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) break;
      const known = filled;
      filled += bytesRead;
      const end = buffer.subarray(known, filled).lastIndexOf(LINE_FEED);
      if (end < 0) {
        if (filled === MAX_RECORD_LINE) return undefined;
        if (filled === MAX_OTHER && !beginsLikeRecord(buffer)) return undefined;
        if (filled === buffer.length) buffer = Buffer.concat([buffer], filled * 2);
        reading = read();
        continue;
      }
      const length = known + end + 1;
      const chunk = { bytes: buffer.subarray(0, length), at };
      if (other.length < buffer.length) other = Buffer.allocUnsafeSlow(buffer.length);
      buffer.copy(other, 0, length, filled);
      [buffer, other] = [other, buffer];
      filled -= length;
      at += length;
      reading = read();
      yield chunk;
    }
    if (filled > 0) yield { bytes: buffer.subarray(0, filled), at };
    return at + filled;
  } finally {
    // Whoever stops early may close the file, and need not hear of a read that is not used.
    await reading.catch(() => undefined);
  }
}

function beginsLikeRecord(bytes: Buffer): boolean {
  return isOpening(bytes.toString('utf8', 0, 64));
}
