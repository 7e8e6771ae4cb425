import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  type Format,
  HEAD_BYTES,
  otherFormats,
  pdf,
  pictureFormats,
  RAW_EXTENSIONS,
} from '../formats.js';

const { svg: _, ...binaryFormats } = pictureFormats;

const extensions = new Set(
  Object.values<Format>(pictureFormats).flatMap(({ extensions: own = [] }) => own),
);

const rawExtensions: ReadonlySet<string> = new Set(RAW_EXTENSIONS);

interface Ending {
  /** As it is written, with its dot; empty for none. */
  readonly text: string;
  readonly isPicture: boolean;
  readonly isRaw: boolean;
}

/** That of the name that was looked at last: most files of a folder have the same. */
let last: Ending = { text: '', isPicture: false, isRaw: false };

function endingOf(name: string): Ending {
  const { text } = last;
  const before = name.length - text.length - 1;
  // A name that consists of an ending has none.
  if (text !== '' && before >= 0 && name.endsWith(text) && !isSlash(name, before)) return last;
  const ending = extname(name);
  const extension = ending.slice(1).toLowerCase();
  last = {
    text: ending,
    isPicture: extensions.has(extension),
    isRaw: rawExtensions.has(extension),
  };
  return last;
}

function isSlash(name: string, at: number): boolean {
  const letter = name[at];
  return letter === '/' || letter === '\\';
}

/** Whether a file's name ends like a picture's, in upper or lower case. */
export function isPictureName(name: string): boolean {
  return endingOf(name).isPicture;
}

/** Whether a file's name ends like that of a camera's raw. */
export function isRawName(name: string): boolean {
  return endingOf(name).isRaw;
}

/** What a file that is no picture is, by its names for one and for several. */
export interface OtherFile {
  readonly one: string;
  readonly many: string;
  /** Whether it is a document that can be asked about all the same. */
  readonly isPdf?: boolean;
}

const EMPTY: OtherFile = { one: 'empty file', many: 'empty files' };
/** Sockets, devices, links that lead nowhere. */
export const SPECIAL: OtherFile = { one: 'special file', many: 'special files' };
const UNKNOWN: OtherFile = { one: 'unknown file', many: 'unknown files' };

/** Whether a regular file's first bytes are a picture's. Rejects if it cannot be read. */
export async function startsLikePicture(path: string): Promise<boolean> {
  return (await otherThanPicture(path)) === undefined;
}

/**
 * What a regular file is by its first bytes; undefined for a picture. Rejects if it cannot be
 * read.
 */
export async function otherThanPicture(path: string): Promise<OtherFile | undefined> {
  // If a pipe has replaced the file meanwhile, opening it must not block.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    return isPictureHead(head) ? undefined : otherFile(head);
  } finally {
    await file.close();
  }
}

function otherFile(head: Buffer): OtherFile {
  if (head.length === 0) return EMPTY;
  const kind = otherFormats.find(({ matches }) => matches(head));
  if (!kind) return UNKNOWN;
  return { one: kind.many.replace(/s\b/, ''), many: kind.many, isPdf: kind === pdf };
}

/**
 * Some signatures are so short that a text can begin with one ("BM…"), but the header of every picture
 * has control characters. A text can only be a picture if it is an SVG.
 */
function isPictureHead(head: Buffer): boolean {
  const text = head.toString('utf8');
  if (!/[\0-\x08\x0e-\x1f]/.test(text)) return SVG_DOCUMENT.test(text);
  return Object.values<Format>(binaryFormats).some(({ matches }) => matches(head));
}

/** A document of type SVG, or whose first element is `svg`; others may only contain drawings. */
const SVG_DOCUMENT =
  /^\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:svg[\s>/]|!doctype\s+svg\b)/i;
