import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Format, HEAD_BYTES, pictureFormats } from '../formats.js';

const { svg: _, ...binaryFormats } = pictureFormats;

const extensions = new Set(
  Object.values<Format>(pictureFormats).flatMap(({ extensions: own = [] }) => own),
);

/** Whether a file's name ends like a picture's, in upper or lower case. */
export function isPictureName(name: string): boolean {
  return extensions.has(extname(name).slice(1).toLowerCase());
}

/** Whether a regular file's first bytes are a picture's. Rejects where it cannot be read. */
export async function startsLikePicture(path: string): Promise<boolean> {
  // A pipe that has taken the file's place meanwhile must not block.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return isPictureHead(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/**
 * Some signatures are so short that a text can begin with one ("BM…"), but no picture is without
 * control characters in its header. A text is a picture only as an SVG.
 */
function isPictureHead(head: Buffer): boolean {
  const text = head.toString('utf8');
  if (!/[\0-\x08\x0e-\x1f]/.test(text)) return SVG_DOCUMENT.test(text);
  return Object.values<Format>(binaryFormats).some(({ matches }) => matches(head));
}

/** Says so itself, or its first element is `svg`: other documents have drawings inside them. */
const SVG_DOCUMENT =
  /^\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:svg[\s>/]|!doctype\s+svg\b)/i;
