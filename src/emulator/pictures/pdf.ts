// PDF documents: how many pages they have, and how large the first one is. Nothing is drawn.
import { inflateSync } from 'node:zlib';

export interface DocumentFacts {
  pages: number;
  /** Of the first page, in points. */
  width: number;
  height: number;
}

/** A sheet of A4, for a document that does not say. */
const USUAL = { width: 595, height: 842 };
/** The most bytes that the compressed objects of a document may come to. */
const MOST_INFLATED = 33_554_432;

/** Throws if it has no page, or does not end. */
export function measureDocument(bytes: Buffer): DocumentFacts {
  if (!bytes.includes('%%EOF')) throw new Error('it does not end');
  const text = textOf(bytes);
  const pages = text.match(/\/Type\s*\/Page(?![A-Za-z])/g)?.length ?? 0;
  if (pages === 0) throw new Error('it has no pages');
  const box = /\/MediaBox\s*\[\s*([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)\s*\]/.exec(text);
  const [left = 0, bottom = 0, right = 0, top = 0] = (box?.slice(1) ?? []).map(Number);
  const size = { width: Math.round(right - left), height: Math.round(top - bottom) };
  return { pages, ...(size.width > 0 && size.height > 0 ? size : USUAL) };
}

/** The objects of a document as text, also those that are packed into compressed streams. */
function textOf(bytes: Buffer): string {
  const plain = bytes.toString('latin1');
  const texts = [plain];
  let left = MOST_INFLATED;
  for (const { index, 0: mark } of plain.matchAll(/\/ObjStm\b[\s\S]{0,512}?stream\r?\n/g)) {
    const start = index + mark.length;
    const end = plain.indexOf('endstream', start);
    const packed = bytes.subarray(start, end < 0 ? bytes.length : end);
    const inside = inflateSync(packed, { maxOutputLength: left });
    left -= inside.length;
    texts.push(inside.toString('latin1'));
  }
  return texts.join('\n');
}
