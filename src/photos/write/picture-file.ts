// A picture as a place for answers: written by exiftool into a new file, which is compared with the old
// one, and then takes its place.
import { existsSync, type Stats } from 'node:fs';
import { rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, inputError } from '../../domain/error.js';
import type { PictureFormat } from '../../domain/picture.js';
import type { FieldValue } from '../../domain/record.js';
import { identifyFile } from '../../images/identity/identify-file.js';
import { keptDigest } from '../../images/identity/kept-parts.js';
import { lookInto } from '../../images/open/byte-source.js';
import { rawKindOf } from '../../images/raw/raw-kind.js';
import { recognise } from '../../images/recognise.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import { syncFile, withFileToMake } from '../../storage/temporary-file.js';
import { isCameras, isForPrograms } from '../embedded/exif.js';
import {
  ExiftoolEnded,
  ExiftoolFailed,
  type ExiftoolProcess,
  type Said,
} from '../exiftool/exiftool-process.js';
import { plainNames } from '../exiftool/plain-names.js';
import { type Embedded, type OlderForms, readEmbedded } from '../says.js';
import type { Packet } from '../xmp/packet.js';
import { writeArguments } from './exiftool-arguments.js';
import { DESCRIPTION_FIELD, type Field, OLDER_FIELDS, TAG_FIELDS, TITLE_FIELD } from './fields.js';
import { type ChangeOptions, giveWay, stateOf } from './give-way.js';
import {
  type FieldChange,
  type MetadataFile,
  NotEmbedded,
  type OlderField,
} from './metadata-file.js';
import { anyValueIn, expectPlain, valueIn } from './sidecar.js';

/** The formats that exiftool writes and whose other parts can be compared, with what they are called. */
const WRITABLE: Partial<Readonly<Record<PictureFormat, true>>> = {
  ...{ jpeg: true, tiff: true, png: true, webp: true, heic: true, heif: true, avif: true },
};

/** Those in which IPTC and EXIF are written as well; in others, exiftool leaves IPTC without a word. */
const WITH_OLDER: readonly PictureFormat[] = ['jpeg', 'tiff', 'raw'];

const HINT = 'The picture is as it was; the other pictures are written.';
/** For a picture of any size, and for each of its bytes. */
const TIMEOUT_MS = 60_000;
const BYTES_A_MS = 2000;

/**
 * What the format of a picture is called if nothing can be written into such files; undefined if it
 * can.
 *
 * @throws GeminiImageError of kind `input` if it is no picture.
 */
export function unwritableFormat(path: string, size: number): string | undefined {
  return lookInto(path, size, (source) => {
    const { formatName, format } = recognise(source);
    if (WRITABLE[formatName]) return undefined;
    const isDng = formatName === 'raw' && rawKindOf(source)?.mimeType === 'image/x-adobe-dng';
    return isDng ? undefined : format.name;
  });
}

/** @throws NotEmbedded if its metadata cannot be read, so that something of it could be lost. */
export async function openPicture(
  path: string,
  exiftool: ExiftoolProcess,
  options: ChangeOptions,
): Promise<MetadataFile> {
  const before = await stateOf(path, HINT);
  if (!before) throw inputError('no such file');
  const { embedded, format } = lookInto(path, before.size, (source) => ({
    embedded: readEmbedded((parse) => parse(source)),
    format: recognise(source).formatName,
  }));
  const [problem] = embedded.problems;
  if (problem !== undefined) throw new NotEmbedded(problem);
  if (embedded.older.iptc?.encoding === 'other') {
    throw new NotEmbedded('its IPTC is in a character set that is not known here');
  }
  const older = WITH_OLDER.includes(format) ? embedded.older : {};
  return {
    path,
    isPicture: true,
    exists: true,
    read: (field) => storedValue(field, embedded),
    readAny: (field) => anyValueOf(field, embedded),
    older: (field) => olderFields(field, older),
    async write(changes) {
      expectPlain(embedded.packets, changes, path);
      const { target } = await outputTarget(path, options.untouchable, HINT);
      try {
        return await withFileToMake(target, (made) =>
          change({ path, target, made, before, embedded }, changes, exiftool, options),
        );
      } catch (error) {
        throw errorCode(error) === undefined ? error : writeFailure(path, error, HINT);
      }
    },
  };
}

interface Making {
  path: string;
  target: string;
  made: string;
  before: Stats;
  embedded: Embedded;
}

/** Makes the new file, proves that it is right, and puts it in the place of the old one. */
async function change(
  { path, target, made, before, embedded }: Making,
  changes: readonly FieldChange[],
  exiftool: ExiftoolProcess,
  options: ChangeOptions,
) {
  const kept = await keptDigest(target);
  if (kept === undefined) throw new NotEmbedded('it is damaged, or built in an unusual way');
  const timeoutMs = TIMEOUT_MS + before.size / BYTES_A_MS;
  await plainNames(target, made, async (from, to) => {
    const { stdout } = await runTwice(exiftool, [...READ_WARNINGS, from], timeoutMs, made);
    const broken = stdout.split(/\r?\n/).find((line) => BROKEN.test(line));
    if (broken !== undefined) throw new NotEmbedded(`exiftool says: ${broken}`);
    const args = writeArguments(changes, embedded.older.iptc?.encoding, from, to);
    const { complaints } = await runTwice(exiftool, args, timeoutMs, made);
    await expectNothingWrong(complaints, made, before.size);
  });
  await syncFile(made);
  if ((await keptDigest(made)) !== kept) {
    throw new NotEmbedded('exiftool would change more than its metadata');
  }
  const { size } = await stat(made);
  const now = lookInto(made, size, (source) => readEmbedded((parse) => parse(source)));
  const wrong = changes.find(({ field, value }) => !isSame(storedValue(field, now), value));
  if (wrong) throw new NotEmbedded(`exiftool did not write ${wrong.field.name}`);
  await giveWay({ path, target, before, by: made }, options);
  return identifyFile({ source: target });
}

/** A process that ends in the middle may have done so for another reason than this picture. */
async function runTwice(
  exiftool: ExiftoolProcess,
  args: readonly string[],
  timeoutMs: number,
  made: string,
): Promise<Said> {
  try {
    try {
      return await exiftool.run(args, timeoutMs);
    } catch (error) {
      if (!(error instanceof ExiftoolEnded)) throw error;
      await rm(made, { force: true });
      return await exiftool.run(args, timeoutMs);
    }
  } catch (error) {
    if (error instanceof ExiftoolFailed) throw new NotEmbedded(error.message);
    throw error;
  }
}

const READ_WARNINGS = ['-charset', 'filename=utf8', '-s3', '-a', '-Warning', '-Error'];

/** While it writes, exiftool says nothing of a directory that it only copies. */
const BROKEN = /^(?!\[minor\]).*(?:\bIFD|directory|maker ?notes)/i;

/** What exiftool mends or mentions without a change that matters. */
const HARMLESS = /^Warning: (?:\[minor\] )?(?:Fixed incorrect URI for xmlns:|Ignored empty rdf:)/;

/**
 * Whatever else exiftool warns of, such as maker notes or directories that it would mend, is a reason
 * to leave the picture as it is.
 */
async function expectNothingWrong(
  complaints: readonly string[],
  made: string,
  size: number,
): Promise<void> {
  const complaint = complaints.find((line) => !HARMLESS.test(line));
  const isMade = existsSync(made);
  if (complaint === undefined && isMade) return;
  const { bavail, bsize } = await statfs(dirname(made));
  if (bavail * bsize < size + MARGIN_BYTES) {
    throw Object.assign(new Error('no space is left'), { code: 'ENOSPC' });
  }
  if (complaint === undefined) throw new NotEmbedded('exiftool wrote nothing');
  const [words = ''] = complaint.split(/ - (?:\/|[A-Za-z]:)/);
  throw new NotEmbedded(
    `exiftool says: ${words.replace(/^(?:Warning|Error): (?:\[minor\] )?/, '')}`,
  );
}

/** What a picture may grow by. */
const MARGIN_BYTES = 1_048_576;

function storedValue(field: Field, { packets, older }: Embedded): FieldValue | null {
  switch (field) {
    case OLDER_FIELDS.objectName:
      return older.iptc?.title ?? null;
    case OLDER_FIELDS.captionAbstract:
      return older.iptc?.description ?? null;
    case OLDER_FIELDS.imageDescription:
      return older.imageDescription?.trim() ? older.imageDescription : null;
    case OLDER_FIELDS.keywords:
      return older.iptc?.keywords.length ? older.iptc.keywords : null;
    default:
      return firstOf(packets, (packet) => valueIn(packet, field));
  }
}

function anyValueOf(field: Field, embedded: Embedded): FieldValue | null {
  if (field.property) {
    return firstOf(embedded.packets, (packet) => anyValueIn(packet, field));
  }
  const value = storedValue(field, embedded);
  // What cameras put into every picture makes room.
  return typeof value === 'string' && isCameras(value) ? null : value;
}

/** A packet that is too large for one part of a JPEG goes on in a second one. */
function firstOf(
  packets: readonly Packet[],
  read: (packet: Packet) => FieldValue | null,
): FieldValue | null {
  for (const packet of packets) {
    const value = read(packet);
    if (value !== null && [value].flat().length > 0) return value;
  }
  return null;
}

/** In bytes of UTF-8 (IPTC-IIM 4.2). */
const MOST_BYTES = { title: 64, keyword: 64, caption: 2000 };

function olderFields({ name }: Field, { iptc, imageDescription }: OlderForms): OlderField[] {
  const { objectName, captionAbstract, keywords } = OLDER_FIELDS;
  switch (name) {
    case TITLE_FIELD:
      return iptc ? [{ field: objectName, shorten: within(MOST_BYTES.title) }] : [];
    case TAG_FIELDS.flat:
      return iptc ? [{ field: keywords, shorten: within(MOST_BYTES.keyword) }] : [];
    case DESCRIPTION_FIELD: {
      const isForPeople = imageDescription !== undefined && !isForPrograms(imageDescription);
      const exif = { field: OLDER_FIELDS.imageDescription, shorten: (value: FieldValue) => value };
      return [
        ...(iptc ? [{ field: captionAbstract, shorten: within(MOST_BYTES.caption) }] : []),
        ...(isForPeople ? [exif] : []),
      ];
    }
    default:
      return [];
  }
}

function within(bytes: number): (value: FieldValue) => FieldValue {
  return (value) =>
    typeof value === 'string'
      ? cut(value, bytes)
      : [...new Set(value.map((one) => cut(one, bytes)))];
}

/** Cuts a text at a word, or, in a single long word, at a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let short = '';
  for (const character of text) {
    if (Buffer.byteLength(short + character) > bytes) break;
    short += character;
  }
  const isBetween = /^\s/.test(text.slice(short.length));
  const atWord = isBetween ? short : short.replace(/\s+\S*$/, '');
  return (atWord.trim() === '' ? short : atWord).trimEnd();
}

/** Blanks at the end are no part of a text in IPTC and EXIF. */
function isSame(one: FieldValue | null, other: FieldValue | null): boolean {
  const [some, others] = [one, other].map((value) =>
    JSON.stringify(
      [value ?? []]
        .flat()
        .map((text) => text.trim())
        .filter((text) => text !== '')
        .toSorted(),
    ),
  );
  return some === others;
}
