// What has to be the same in a file after metadata was written into it, byte for byte.
import type { PictureFormat } from '../../domain/picture.js';
import { bufferOf } from '../metadata/edits.js';
import { readBoxesSoFar, readItems, readMeta } from '../metadata/heif-boxes.js';
import { SOS, startsWith, walkJpeg } from '../metadata/jpeg-segments.js';
import { readDirectories } from '../metadata/tiff.js';
import { type ByteSource, sourceOf } from '../open/byte-source.js';
import { look, openFile } from '../open/open.js';
import { recognise } from '../recognise.js';
import { digestOf, seenParts } from './identity.js';
import { fact, type SeenPart } from './seen-part.js';

/**
 * SHA-256 of everything in a picture file that is no metadata: what decides how it looks, and what
 * stands behind or beside it, such as gain maps, second views, films and depths.
 *
 * @returns undefined for a format that has no reader, and for a damaged or unusual file.
 * @throws GeminiImageError of kind `input` if it cannot be read, or is no picture.
 */
export async function keptDigest(path: string): Promise<string | undefined> {
  const image = await openFile(path, { signal: undefined });
  const { formatName } = look(image, recognise);
  const seen = await seenParts(image, formatName);
  const beside = seen && look(image, others[formatName] ?? (() => []));
  if (!beside) return undefined;
  // In a JPEG, the scans are in the rest of the file.
  const parts = formatName === 'jpeg' ? seen.filter(({ name }) => name !== 'scan') : seen;
  return digestOf(image, [...parts, ...beside], `kept ${formatName}\n`);
}

/** What else is kept, by the format. */
const others: Partial<
  Readonly<Record<PictureFormat, (source: ByteSource) => readonly SeenPart[] | undefined>>
> = {
  jpeg: behindJpeg,
  heic: besideItems,
  heif: besideItems,
  avif: besideItems,
};

const APP2 = 0xe2;
const MULTI_PICTURE = 'MPF\0';
const ENTRIES = 0xb002;
const ENTRY_BYTES = 16;

/**
 * The file from the first scan to its end, and where its list of pictures (MPF) says that the others
 * begin. The metadata of a JPEG stands before its scan.
 */
function behindJpeg(source: ByteSource): SeenPart[] | undefined {
  const { segments } = walkJpeg(source, 0);
  const scan = segments.find(({ code }) => code === SOS);
  if (!scan) return undefined;
  const parts: SeenPart[] = [{ name: 'rest', pieces: [{ from: scan.from, to: source.length }] }];
  for (const segment of segments) {
    if (segment.code !== APP2 || !startsWith(source, segment, MULTI_PICTURE)) continue;
    const base = segment.content + MULTI_PICTURE.length;
    const block = sourceOf(Buffer.from(bufferOf(source, base, segment.to)));
    const [list] = readDirectories(block);
    const bytes = list?.bytes(ENTRIES);
    if (!list || !bytes) return undefined;
    const number = (at: number) =>
      list.layout.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const place = number(at + 8);
      // The first picture is at 0, which stands for the file itself, and grows with its metadata.
      if (place === 0) parts.push(fact('first picture', ''));
      else parts.push(fact('picture', `${base + place - scan.from} ${number(at + 4)}`));
    }
  }
  return parts;
}

/** Boxes that change when an item is added. */
const CHANGING = new Set(['ftyp', 'meta', 'mdat', 'free', 'skip', 'wide', 'moov']);

/** Every item that is no metadata, by its number, and the boxes beside those of the picture. */
function besideItems(source: ByteSource): SeenPart[] | undefined {
  try {
    const { boxes } = readBoxesSoFar(source, 0, source.length);
    const items = readItems(source, readMeta(source, boxes) ?? []);
    if (!items?.extents) return undefined;
    const parts = items.extents
      .filter(({ item }) => !items.metadata.has(item))
      .map(({ item, from, to }) => ({ name: `item ${item}`, pieces: [{ from, to }] }));
    for (const { type, content, to } of boxes) {
      if (!CHANGING.has(type)) parts.push({ name: type, pieces: [{ from: content, to }] });
    }
    return parts;
  } catch (error) {
    // A list is shorter than it says.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
