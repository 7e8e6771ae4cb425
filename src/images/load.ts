import { createHash, hash } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';
import { inputError } from '../domain/error.js';
import type { Notice } from '../domain/events.js';
import type { PictureFormat } from '../domain/picture.js';
import type { PictureFacts } from '../domain/record.js';
import { isEveryPage, type WantedPages } from './find/pages-and-groups.js';
import type { ImageReference } from './find/reference.js';
import {
  type Format,
  formatByHead,
  HEAD_BYTES,
  holdsSeveral,
  pdf,
  pictureFormats,
} from './formats.js';
import { pictureDigest } from './identity/identity.js';
import { held, look, type OpenImage, type OpenOptions, openImage } from './open/open.js';
import type { TiffPage } from './pages.js';
import { type AdaptOptions, adapt } from './prepare/adapt.js';
import type { Recognised } from './recognise.js';

export interface LoadedPicture {
  /** Its name in records: as the user named it; `-` for standard input. */
  id: string;
  /** What is to be sent. */
  content: Content;
  facts: PictureFacts;
  /** What the user should know although the picture can be used. */
  notices: readonly Notice[];
}

/** A picture that is given as bytes rather than by a name. */
export interface NamedBytes {
  readonly id: string;
  readonly label: string;
  bytes: Uint8Array;
}

export type LoadOptions = OpenOptions &
  Omit<AdaptOptions, 'tiffPage'> & {
    /** The pages that are asked for; without it, the first one, and all of a PDF. */
    pages?: WantedPages | undefined;
    /** Whether a PDF is taken too, as a document. */
    takesPdf?: boolean | undefined;
  };

/**
 * Reads a picture, recognises its type by its bytes, and makes it fit to be sent.
 *
 * @throws GeminiImageError of kind `input`, and of kind `service` if the web fails.
 */
export async function loadPicture(
  image: ImageReference | NamedBytes,
  options: LoadOptions,
): Promise<LoadedPicture> {
  const opened = 'bytes' in image ? held(image.bytes) : await openImage(image, options);
  if (options.takesPdf && look(opened, (source) => pdf.matches(source.slice(0, HEAD_BYTES)))) {
    return loadPdf(image, opened, options);
  }
  const { formatName, format } = await recognised(opened);
  const { page } = 'bytes' in image ? {} : image;
  const onPage = page === undefined ? undefined : await lookForPage(opened, formatName, page);
  const adapted = await adapt(opened, formatName, { tiffPage: onPage, ...options });
  const { content, mimeType, width, height, original, orientation, changes } = adapted;
  const shown = image.label;
  const notices = adapted.notices.map((notice) => ({
    ...notice,
    message: `${shown} ${notice.message}`,
  }));
  // The ending of an address says nothing about the picture behind it.
  const isNamed = 'bytes' in image || image.kind !== 'url';
  if (format.native && isNamed && (await nameDisagrees(shown, format))) {
    notices.push({ message: `${shown} is ${format.name}; sent as ${mimeType}` });
  }
  const several = await severalIn(opened, formatName);
  if (several && formatName === 'tiff' && page === undefined && isTakenApart(options)) {
    throw inputError(
      `it has ${several.pages} pages, and only a file can be taken apart into them`,
      'Save it to a file and name that, or leave out --pages.',
    );
  }
  if (several && !options.original && page === undefined) {
    notices.push({ topic: 'pages', message: `${shown} ${several.message}` });
  }
  const fileDigest = await sha256(opened);
  const identity = await pictureDigest(opened, formatName);
  // What is sent may be a part of the file; if it is lent as well, it is a copy.
  if (content.release && content !== opened.content) opened.content.release?.();
  return {
    id: image.id,
    content,
    facts: {
      mimeType: format.mimeType,
      ...original,
      size: opened.content.size,
      ...(opened.changed && { mtime: opened.changed.toISOString() }),
      ...(orientation !== undefined && { orientation }),
      ...(several && { pages: several.pages }),
      ...(page !== undefined && { page }),
      sha256: fileDigest,
      pictureSha256: digestOfPage(identity ?? fileDigest, page),
      sent: { mimeType, width, height, bytes: content.size, changes },
    },
    notices,
  };
}

/** Most pictures are known by their first bytes; what can tell others apart loads for them alone. */
async function recognised(opened: OpenImage): Promise<Recognised> {
  const formatName = look(opened, (source) => formatByHead(source.slice(0, HEAD_BYTES)));
  if (formatName !== undefined && formatName !== 'raw' && formatName !== 'tiff') {
    return { formatName, format: pictureFormats[formatName] };
  }
  const { recognise } = await import('./recognise.js');
  return look(opened, recognise);
}

/** The pages or frames of a picture; undefined if it is a single one. */
async function severalIn(opened: OpenImage, formatName: PictureFormat) {
  if (!holdsSeveral(formatName)) return undefined;
  const { pagesOf } = await import('./pages.js');
  return look(opened, (source) => pagesOf(source, formatName));
}

function isTakenApart({ pages = 'first' }: LoadOptions): boolean {
  return pages !== 'first';
}

/** A document is sent as it is, with all of its pages. */
async function loadPdf(
  { id, label, ...image }: ImageReference | NamedBytes,
  opened: OpenImage,
  { pages: wanted, damaged, original, keepMetadata }: LoadOptions,
): Promise<LoadedPicture> {
  const isPage = 'page' in image && image.page !== undefined;
  if (isPage || (wanted !== undefined && !isEveryPage(wanted))) {
    throw inputError(
      'it is a PDF document, whose pages are sent together',
      'Leave out --pages, or save the pages as a PDF of their own, such as by qpdf.',
    );
  }
  const { readPdf } = await import('./pdf.js');
  const { isCutOff, pages } = await readPdf(opened);
  if (isCutOff && damaged !== true && !original) {
    throw inputError(
      'it is cut off: the file ends before the document does',
      'Copy or download it again, or send what is left of it with --damaged.',
    );
  }
  const fileDigest = await sha256(opened);
  const { mimeType } = pdf;
  const notices: Notice[] = [];
  if (await nameDisagrees(label, pdf)) {
    notices.push({ message: `${label} is ${pdf.name}; sent as ${mimeType}` });
  }
  if (!keepMetadata && !original) {
    notices.push({ topic: 'stays', message: `${label} is sent with its metadata: it is a PDF` });
  }
  return {
    id,
    content: opened.content,
    facts: {
      mimeType,
      size: opened.content.size,
      ...(opened.changed && { mtime: opened.changed.toISOString() }),
      ...(pages !== undefined && { pages }),
      sha256: fileDigest,
      pictureSha256: fileDigest,
      sent: { mimeType, bytes: opened.content.size, changes: [] },
    },
    notices,
  };
}

/** @throws GeminiImageError of kind `input` if there is no such page. */
async function lookForPage(
  opened: OpenImage,
  formatName: PictureFormat,
  page: number,
): Promise<TiffPage> {
  if (formatName !== 'tiff') {
    throw inputError(
      `it is ${pictureFormats[formatName].name}, which has no pages`,
      `Leave out #${page}.`,
    );
  }
  const { tiffPage } = await import('./pages.js');
  const found = look(opened, (source) => tiffPage(source, page));
  if (found) return found;
  const { pages = 1 } = (await severalIn(opened, formatName)) ?? {};
  throw inputError(`it has ${pages} ${pages === 1 ? 'page' : 'pages'}, and no page ${page}`);
}

/**
 * The identity of a page: that of its file for the first one, which is what is looked at where pages
 * are not taken apart.
 */
export function digestOfPage(fileIdentity: string, page: number | undefined): string {
  if (page === undefined || page === 1) return fileIdentity;
  return createHash('sha256').update(`page ${page} of ${fileIdentity}`).digest('hex');
}

const HASHED_AT_ONCE = 1_048_576;

/** SHA-256 of a picture's file, in hexadecimal. */
export async function sha256({ content, held }: OpenImage): Promise<string> {
  if (typeof held !== 'string') return hash('sha256', held);
  const sum = createHash('sha256');
  for await (const piece of piecesOf(content, HASHED_AT_ONCE)) sum.update(piece);
  return sum.digest('hex');
}

/**
 * Whether a file's name has the ending of another type than its bytes. The bytes are right. A name
 * without an ending, or with an unknown one, does not disagree.
 */
export async function nameDisagrees(
  name: string,
  { mimeType, extensions }: Format,
): Promise<boolean> {
  const extension = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined || extensions.includes(extension)) return false;
  const { typeOfEnding } = await import('./type-of-ending.js');
  const byName = typeOfEnding(extension);
  return byName !== undefined && byName !== mimeType;
}
