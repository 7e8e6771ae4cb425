import type { FileHandle } from 'node:fs/promises';

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
/** No record comes near it; what has longer lines is something else, and need not be held. */
const MAX_LINE = 16 << 20;

/** Reads a file line by line. Returns its size in bytes, or undefined where a line is too long. */
export async function eachLine(
  file: FileHandle,
  onLine: (line: Line) => void,
): Promise<number | undefined> {
  let buffer = Buffer.allocUnsafe(CHUNK);
  /** Where the buffer's first byte lies in the file. */
  let at = 0;
  let filled = 0;
  for (;;) {
    if (filled === MAX_LINE) return undefined;
    if (filled === buffer.length) buffer = Buffer.concat([buffer], filled * 2);
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, at + filled);
    if (bytesRead === 0) break;
    const known = filled;
    filled += bytesRead;
    const bytes = buffer.subarray(0, filled);
    let start = 0;
    let end = bytes.indexOf(LINE_FEED, known);
    for (; end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      const text = bytes.toString('utf8', start, end);
      onLine({ text, at: at + start, length: end - start, ended: true });
      start = end + 1;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    at += start;
  }
  if (filled > 0) {
    onLine({ text: buffer.toString('utf8', 0, filled), at, length: filled, ended: false });
  }
  return at + filled;
}
