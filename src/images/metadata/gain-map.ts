import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import { SOS, walkJpeg } from './jpeg-segments.js';

/**
 * Marks of a JPEG with a gain map (Adobe's terms in XMP, ISO 21496-1): long enough not to lie among the pixels by
 * chance, and below the 7 bytes from which on Node searches by tables, which takes six times as long in a photo.
 */
export const GAIN_MAP_MARKS = ['hdrgm:', '21496:'];

const FIRST_APP = 0xe0;

/** Whether a JPEG may have a gain map. Marks of it stand before the data of its scans, or behind the picture. */
export function mayHaveGainMap(source: ByteSource): boolean {
  const { segments, end } = walkJpeg(source, 0);
  const scan = segments.find(({ code }) => code === SOS);
  const isOrdinary = !segments.some(({ code, isAfterScan }) => isAfterScan && code >= FIRST_APP);
  if (!scan || end === undefined || !isOrdinary) return true;
  const around = [bufferOf(source, 0, scan.from), bufferOf(source, end, source.length)];
  return around.some((bytes) => GAIN_MAP_MARKS.some((mark) => bytes.includes(mark)));
}
