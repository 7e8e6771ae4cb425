import { bufferOf } from '../metadata/edits.js';
import { jpegOrientation } from '../metadata/jpeg.js';
import { type Segment, startsWith, walkJpeg } from '../metadata/jpeg-segments.js';
import type { ByteSource } from '../open/byte-source.js';
import { fact, type SeenPart } from './seen-part.js';

const COM = 0xfe;
const FIRST_APP = 0xe0;
const LAST_APP = 0xef;
const EOI_BYTES = 2;

const JFIF = { code: 0xe0, mark: 'JFIF\0' };
const ICC = { code: 0xe2, mark: 'ICC_PROFILE\0' };
const ADOBE = { code: 0xee, mark: 'Adobe' };
/** The offset in Adobe's segment of the byte that names the colour transform. */
const TRANSFORM_AT = 11;

/**
 * Tables, frames and scans in their order, and from application segments what decides how colours are
 * read, at any position. Whatever follows the picture, such as a gain map, is left out.
 */
export function seenInJpeg(source: ByteSource): SeenPart[] | undefined {
  const { segments, end, isTooLong } = walkJpeg(source, 0);
  if (end === undefined || isTooLong) return undefined;
  const isMarked = (segment: Segment, { code, mark }: typeof JFIF) =>
    segment.code === code && !segment.isAfterScan && startsWith(source, segment, mark);
  const parts = [fact('orientation', jpegOrientation(source, segments))];
  if (segments.some((segment) => isMarked(segment, JFIF))) parts.push(fact('JFIF', ''));
  for (const segment of segments) {
    if (!isMarked(segment, ADOBE)) continue;
    const { content } = segment;
    const head = bufferOf(source, content, content + TRANSFORM_AT + 1);
    parts.push(fact('Adobe', head[TRANSFORM_AT] ?? ''));
  }
  for (const segment of segments) {
    if (!isMarked(segment, ICC)) continue;
    parts.push({ name: 'ICC', pieces: [{ from: segment.content, to: segment.to }] });
  }
  for (const segment of segments) {
    const { code, after, from, content, to, isAfterScan } = segment;
    if (isAfterScan && after < from)
      parts.push({ name: 'scan', pieces: [{ from: after, to: from }] });
    if (!isOptional(segment)) {
      parts.push({ name: code.toString(16), pieces: [{ from: content, to }] });
    }
  }
  const last = segments.at(-1)?.to ?? end;
  if (last < end - EOI_BYTES) {
    parts.push({ name: 'scan', pieces: [{ from: last, to: end - EOI_BYTES }] });
  }
  return parts;
}

function isOptional({ code }: Segment): boolean {
  return code === COM || (code >= FIRST_APP && code <= LAST_APP);
}
