import { createReadStream } from 'node:fs';
import type { OwnMark } from '../domain/own-mark.js';

/** Enough for the first record of a file, in characters. */
const HEAD = 64 << 10;
/** In characters; no match is longer. */
const OVERLAP = 256;

/**
 * How many answers there are in a file that this program has written; undefined if it is
 * somebody else's, or cannot be read. Whatever its size, little of it is held at a time.
 */
export async function answersInOwn(path: string, mark: OwnMark): Promise<number | undefined> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: HEAD });
  let carry = '';
  const found = { answers: 0, needed: 0 };
  const look = (text: string): number => {
    const { count, last } = matchesIn(text, mark.answer);
    found.answers += count;
    found.needed += mark.needs ? matchesIn(text, mark.needs).count : count;
    return last;
  };
  let isKnown = false;
  try {
    for await (const chunk of stream) {
      carry += chunk;
      if (!isKnown) {
        if (carry.length < HEAD && !mark.begins.test(unmarked(carry))) continue;
        if (!mark.begins.test(unmarked(carry))) return undefined;
        isKnown = true;
      }
      // Matches lie within lines, so text is searched up to a line end, unless a line is very long.
      const line = carry.lastIndexOf('\n') + 1;
      const isLong = carry.length - line > HEAD;
      const end = isLong ? carry.length : line;
      const last = look(carry.slice(0, end));
      carry = carry.slice(isLong ? Math.max(last, end - OVERLAP) : end);
    }
  } catch {
    return undefined;
  } finally {
    stream.destroy();
  }
  if (!isKnown && !mark.begins.test(unmarked(carry))) return undefined;
  look(carry);
  return found.needed < found.answers ? undefined : found.answers;
}

function unmarked(text: string): string {
  return text.replace(/^\ufeff/, '');
}

function matchesIn(text: string, pattern: RegExp): { count: number; last: number } {
  let count = 0;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    count += 1;
    last = match.index + match[0].length;
  }
  return { count, last };
}
