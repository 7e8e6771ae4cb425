// What a picture says of itself: the words for people in its file and in the sidecars beside it.
import { readFile, stat } from 'node:fs/promises';
import { GeminiImageError, inputError } from '../domain/error.js';
import type { ByteSource } from '../images/open/byte-source.js';
import { recognise } from '../images/recognise.js';
import { whenFree } from '../network/descriptors.js';
import { type Blocks, readBlocks } from './embedded/blocks.js';
import { type Coordinates, parseCoordinates } from './embedded/coordinates.js';
import { imageDescription, readExif } from './embedded/exif.js';
import { type Iptc, type IptcEncoding, iptcEncoding, readIptc } from './embedded/iptc.js';
import { findSidecars } from './sidecar-names.js';
import { NAMESPACES, type Prefix } from './xmp/namespaces.js';
import { type Packet, type PropertyName, parsePacket } from './xmp/packet.js';
import { MOST_XMP_BYTES } from './xmp/xml.js';

/** Where a picture was taken, or what it shows, from the small to the large. */
export interface Place {
  readonly sublocation?: string;
  readonly city?: string;
  readonly state?: string;
  readonly country?: string;
}

/** From the small to the large, with commas between. */
export function placeInWords({ sublocation, city, state, country }: Place): string {
  return [sublocation, city, state, country].filter((part) => part !== undefined).join(', ');
}

/** The words of one source; what it does not say is absent or empty. */
export interface Words {
  title?: string;
  headline?: string;
  description?: string;
  alt?: string;
  altLong?: string;
  /** Who wrote the description. */
  writer?: string;
  keywords: readonly string[];
  /** Keywords with those above them, from the top: `animals|dogs|terrier`. */
  paths: readonly string[];
  people: readonly string[];
  place?: Place;
  coordinates?: Coordinates;
  /** Of the day when it was taken: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, perhaps with the time behind a T. */
  date?: string;
}

/** What one file says: the picture itself, or a sidecar. */
export interface Source {
  /** The name of the file. */
  readonly file: string;
  readonly words: Words;
}

/** Everything that a picture says of itself. */
export interface Says {
  /** The most telling first: the sidecars, then the picture. */
  readonly sources: readonly Source[];
  /** What cannot be read, in words. */
  readonly problems: readonly string[];
}

/** Lets a parser read the bytes of a picture. */
export type Look = <T>(parse: (source: ByteSource) => T) => T;

/**
 * Reads what a picture and its sidecars say.
 *
 * @param name the picture's name in messages.
 * @param path the picture's path, for its sidecars; undefined if it is no file.
 * @throws GeminiImageError of kind `input` if it is no picture.
 */
export async function readSays(look: Look, name: string, path: string | undefined): Promise<Says> {
  const problems: string[] = [];
  const sources: Source[] = [];
  const { adobe, full } = path === undefined ? {} : findSidecars(path);
  for (const file of [full, adobe]) {
    if (file === undefined) continue;
    try {
      sources.push({ file, words: (await readSidecarWords(file)).words });
    } catch (error) {
      if (!(error instanceof GeminiImageError)) throw error;
      problems.push(`${file}: ${error.message}`);
    }
  }
  const { words, problems: own } = readEmbedded(look);
  sources.push({ file: name, words });
  problems.push(...own.map((problem) => `${name}: ${problem}`));
  return { sources, problems };
}

/**
 * What a sidecar says.
 *
 * @throws GeminiImageError of kind `input` if it cannot be read.
 */
export async function readSidecarWords(path: string): Promise<Pick<Embedded, 'packets' | 'words'>> {
  const packet = parsePacket(await readSidecar(path));
  return { packets: [packet], words: wordsOfPacket(packet) };
}

/**
 * The text of a sidecar.
 *
 * @throws GeminiImageError of kind `input` if it is no file, or too large to be one.
 */
export async function readSidecar(path: string): Promise<string> {
  const stats = await whenFree(() => stat(path)).catch((error: unknown) => {
    throw inputError('it cannot be read', undefined, error);
  });
  if (!stats.isFile()) throw inputError('it is no file');
  if (stats.size > MOST_XMP_BYTES) throw inputError('it is larger than 16 MB');
  const bytes = await whenFree(() => readFile(path)).catch((error: unknown) => {
    throw inputError('it cannot be read', undefined, error);
  });
  return textOfXmp(bytes);
}

/** XMP is UTF-8 as a rule; a mark at its beginning tells UTF-16. Blanks behind it are room to grow. */
function textOfXmp(bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xfe && second === 0xff
      ? 'utf-16be'
      : first === 0xff && second === 0xfe
        ? 'utf-16le'
        : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  let end = text.length;
  while (end > 0 && /[\s\0]/.test(text[end - 1] ?? '')) end -= 1;
  return end === text.length ? text : `${text.slice(0, end)}\n`;
}

/** What a picture's own metadata says. */
export interface Embedded {
  /** Its XMP packets, the main one first. */
  readonly packets: readonly Packet[];
  readonly words: Words;
  readonly problems: readonly string[];
  readonly older: OlderForms;
}

/** What older programs read, and may show instead of XMP. */
export interface OlderForms {
  /** Absent if the picture has no IPTC. */
  readonly iptc?: Iptc & { readonly encoding: IptcEncoding };
  /** The description of EXIF, as it is stored; absent if the field is not there. */
  readonly imageDescription?: string;
}

/** @throws GeminiImageError of kind `input` if it is no picture. */
export function readEmbedded(look: Look): Embedded {
  // A block may be a part of the file that is not read yet.
  return look((source) => embeddedIn(readBlocks(source, recognise(source).formatName)));
}

function embeddedIn(blocks: Blocks): Embedded {
  const problems: string[] = [];
  const packets = blocks.xmp.flatMap((block) => {
    try {
      return [parsePacket(textOfXmp(block))];
    } catch (error) {
      if (!(error instanceof GeminiImageError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  const all = [
    ...packets.map(wordsOfPacket),
    ...(blocks.iptc ? [wordsOfIptc(blocks.iptc)] : []),
    ...(blocks.exif ? [wordsOfExif(blocks.exif)] : []),
    ...(blocks.texts ? [wordsOfPng(blocks.texts)] : []),
  ];
  const { iptc, exif } = blocks;
  const description = exif && imageDescription(exif);
  const older = {
    ...(iptc && { iptc: { ...readIptc(iptc), encoding: iptcEncoding(iptc) } }),
    ...(description !== undefined && { imageDescription: description }),
  };
  return { packets, words: joined(all), problems, older };
}

/** Of each text the first that is there; the entries of all lists. */
export function joined(all: readonly Words[]): Words {
  const lists = {
    keywords: union(all.flatMap(({ keywords }) => keywords)),
    paths: union(all.flatMap(({ paths }) => paths)),
    people: union(all.flatMap(({ people }) => people)),
  };
  // An earlier source is put over the later ones.
  return Object.assign({}, ...all.toReversed(), lists);
}

function union(words: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const word of words.map((word) => word.trim()).filter((word) => word !== '')) {
    if (!seen.has(word.toLowerCase())) seen.set(word.toLowerCase(), word);
  }
  return [...seen.values()];
}

const property = (prefix: Prefix, name: string): PropertyName => ({
  namespace: NAMESPACES[prefix],
  prefix,
  name,
});

const PROPERTIES = {
  title: property('dc', 'title'),
  headline: property('photoshop', 'Headline'),
  description: property('dc', 'description'),
  alt: property('Iptc4xmpCore', 'AltTextAccessibility'),
  altLong: property('Iptc4xmpCore', 'ExtDescrAccessibility'),
  writer: property('photoshop', 'CaptionWriter'),
} as const;

const LISTS = {
  subject: property('dc', 'subject'),
  hierarchy: property('lr', 'hierarchicalSubject'),
  tagsList: property('digiKam', 'TagsList'),
  persons: property('Iptc4xmpExt', 'PersonInImage'),
  personsInDetail: property('Iptc4xmpExt', 'PersonInImageWDetails'),
  personName: property('Iptc4xmpExt', 'PersonName'),
  regions: property('mwg-rs', 'Regions'),
  regionName: property('mwg-rs', 'Name'),
  microsoftRegions: property('MP', 'RegionInfo'),
  microsoftName: property('MPReg', 'PersonDisplayName'),
} as const;

/** The words in an XMP packet. */
function wordsOfPacket(packet: Packet): Words {
  const text = (name: PropertyName) => filled(packet.text(name));
  const texts = Object.entries(PROPERTIES).flatMap(([field, name]) => {
    const value = text(name);
    return value === undefined ? [] : [[field, value] as const];
  });
  const place = placeIn(packet);
  const coordinates = parseCoordinates(
    text(property('exif', 'GPSLatitude')),
    text(property('exif', 'GPSLongitude')),
  );
  const date = dateOf(
    text(property('photoshop', 'DateCreated')) ?? text(property('exif', 'DateTimeOriginal')),
  );
  return {
    ...Object.fromEntries(texts),
    keywords: packet.list(LISTS.subject),
    paths: union([
      ...packet.list(LISTS.hierarchy),
      ...packet.list(LISTS.tagsList).map((path) => path.replaceAll('/', '|')),
    ]),
    people: peopleIn(packet),
    ...(place && { place }),
    ...(coordinates && { coordinates }),
    ...(date !== undefined && { date }),
  };
}

/** The names of faces that somebody has marked, and of persons who are listed. */
function peopleIn(packet: Packet): string[] {
  const faces = packet
    .deep(LISTS.regions, LISTS.regionName)
    .filter(({ beside }) => beside.Type === undefined || beside.Type === 'Face');
  const names = [
    ...faces.map(({ value }) => value),
    ...packet.deep(LISTS.microsoftRegions, LISTS.microsoftName).map(({ value }) => value),
    ...packet.list(LISTS.persons),
    ...packet.deep(LISTS.personsInDetail, LISTS.personName).map(({ value }) => value),
  ];
  return union(names);
}

/** The place in the older fields; else the place that is shown, or where it was taken. */
function placeIn(packet: Packet): Place | undefined {
  const text = (name: PropertyName) => filled(packet.text(name));
  const older = placeOf({
    sublocation: text(property('Iptc4xmpCore', 'Location')),
    city: text(property('photoshop', 'City')),
    state: text(property('photoshop', 'State')),
    country: text(property('photoshop', 'Country')),
  });
  if (older) return older;
  for (const list of ['LocationShown', 'LocationCreated']) {
    const part = (name: string) =>
      packet.deep(property('Iptc4xmpExt', list), property('Iptc4xmpExt', name))[0]?.value;
    const place = placeOf({
      sublocation: part('Sublocation'),
      city: part('City'),
      state: part('ProvinceState'),
      country: part('CountryName'),
    });
    if (place) return place;
  }
  return undefined;
}

function placeOf(parts: Readonly<Record<keyof Place, string | undefined>>): Place | undefined {
  const known = Object.entries(parts).flatMap(([part, value]) => {
    const name = filled(value);
    return name === undefined ? [] : [[part, name] as const];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function wordsOfIptc(block: Buffer): Words {
  const { keywords, date: day, sublocation, city, state, country, ...texts } = readIptc(block);
  const place = placeOf({ sublocation, city, state, country });
  const date = dateOf(day?.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'));
  return {
    ...texts,
    keywords,
    paths: [],
    people: [],
    ...(place && { place }),
    ...(date !== undefined && { date }),
  };
}

function wordsOfExif(block: NonNullable<Blocks['exif']>): Words {
  const { date: stamp, ...rest } = readExif(block);
  const date = dateOf(stamp?.replace(/^(\d{4}):(\d\d):(\d\d) /, '$1-$2-$3T'));
  return { ...rest, paths: [], people: [], ...(date !== undefined && { date }) };
}

/** The texts that many programs put into a PNG. */
function wordsOfPng({ Title, Description }: Readonly<Record<string, string>>): Words {
  const [title, description] = [filled(Title), filled(Description)];
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...{ keywords: [], paths: [], people: [] },
  };
}

/** A date as far as it makes sense; zeros stand for what is not known. */
function dateOf(text = ''): string | undefined {
  const match = /^\s*(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d(?::\d\d)?)?)?)?/.exec(text);
  if (!match) return undefined;
  const [, year = '', month = '00', day = '00', time = ''] = match;
  if (year === '0000') return undefined;
  if (month === '00' || Number(month) > 12) return year;
  if (day === '00' || Number(day) > 31) return `${year}-${month}`;
  return `${year}-${month}-${day}${time}`;
}

function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}
