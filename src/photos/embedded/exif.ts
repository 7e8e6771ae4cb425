// What EXIF says about a photo, as far as people or programs put it there for people.
import { readDirectories, readDirectoryAt } from '../../images/metadata/tiff.js';
import { type ByteSource, sourceOf } from '../../images/open/byte-source.js';
import { type Coordinates, rounded } from './coordinates.js';

export interface Exif {
  /** The words that Windows shows as the title, if they are there. */
  title?: string;
  description?: string;
  keywords: readonly string[];
  /** When the picture was taken, in the form `YYYY:MM:DD hh:mm:ss`. */
  date?: string;
  coordinates?: Coordinates;
}

const TAGS = {
  description: 0x010e,
  windowsTitle: 0x9c9b,
  windowsKeywords: 0x9c9e,
  exif: 0x8769,
  gps: 0x8825,
} as const;
const IN_EXIF = { dateTimeOriginal: 0x9003 } as const;
const IN_GPS = { latitudeRef: 1, latitude: 2, longitudeRef: 3, longitude: 4 } as const;

/** @param tiff a TIFF block, as EXIF is stored in; a damaged one says less. */
export function readExif(tiff: Buffer | ByteSource): Exif {
  const source = Buffer.isBuffer(tiff) ? sourceOf(tiff) : tiff;
  const [first] = readDirectories(source);
  if (!first) return { keywords: [] };
  const inside = (tag: number) => {
    const [at] = first.numbers(tag);
    return at === undefined ? undefined : readDirectoryAt(source, at);
  };
  const description = decoded(first.bytes(TAGS.description));
  const title = wide(first.bytes(TAGS.windowsTitle));
  const keywords = wide(first.bytes(TAGS.windowsKeywords)).split(';');
  const date = inside(TAGS.exif)?.text(IN_EXIF.dateTimeOriginal);
  const gps = inside(TAGS.gps);
  const latitude = gps && degrees(gps.fractions(IN_GPS.latitude), gps.text(IN_GPS.latitudeRef));
  const longitude = gps && degrees(gps.fractions(IN_GPS.longitude), gps.text(IN_GPS.longitudeRef));
  return {
    ...(title !== '' && { title }),
    ...(description !== '' &&
      !isCameras(description) &&
      !isForPrograms(description) && { description }),
    keywords: keywords.map((word) => word.trim()).filter((word) => word !== ''),
    ...(date && { date }),
    ...(latitude !== undefined &&
      longitude !== undefined && { coordinates: { latitude, longitude } }),
  };
}

/** The description as it is stored; undefined if the field is not there. */
export function imageDescription(tiff: Buffer | ByteSource): string | undefined {
  const [first] = readDirectories(Buffer.isBuffer(tiff) ? sourceOf(tiff) : tiff);
  if (!first?.entries.some(({ tag }) => tag === TAGS.description)) return undefined;
  return decoded(first.bytes(TAGS.description), false);
}

/** Texts by which a program of science knows its pictures again. */
export function isForPrograms(description: string): boolean {
  return /^\s*(?:<\?xml|<OME|ImageJ=|\{\s*")/.test(description);
}

/** Texts that cameras put into every picture. */
export function isCameras(description: string): boolean {
  return /^(?:OLYMPUS DIGITAL CAMERA|SONY DSC|KONICA MINOLTA DIGITAL CAMERA|MINOLTA DIGITAL CAMERA|DCIM|DIGITAL CAMERA|Exif_JPEG_PICTURE)$/i.test(
    description.trim(),
  );
}

/** EXIF knows ASCII only; many programs write UTF-8. */
function decoded(bytes: Buffer, trims = true): string {
  const end = bytes.indexOf(0);
  const whole = end < 0 ? bytes : bytes.subarray(0, end);
  const utf8 = whole.toString('utf8');
  const text = utf8.includes('\uFFFD') ? new TextDecoder('windows-1252').decode(whole) : utf8;
  return trims ? text.trim() : text;
}

function wide(bytes: Buffer): string {
  return bytes.toString('utf16le').split('\0', 1).join('').trim();
}

/** Degrees with decimals from degrees, minutes and seconds; undefined if they make no sense. */
function degrees(parts: readonly number[], reference: string): number | undefined {
  const [whole = Number.NaN, minutes = 0, seconds = 0] = parts;
  const value = whole + (minutes || 0) / 60 + (seconds || 0) / 3600;
  if (!Number.isFinite(value) || value > 180) return undefined;
  return rounded(/^[SW]/i.test(reference) ? -value : value);
}
