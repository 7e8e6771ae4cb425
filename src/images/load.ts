import { createHash } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';
import type { Notice } from '../domain/events.js';
import type { PictureFacts } from '../domain/record.js';
import type { ImageReference } from './find/reference.js';
import type { Format } from './formats.js';
import { pictureDigest } from './identity/identity.js';
import { held, look, type OpenOptions, openImage } from './open/open.js';
import { pagesOf } from './pages.js';
import { type AdaptOptions, adapt } from './prepare/adapt.js';
import { recognise } from './recognise.js';

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

export type LoadOptions = OpenOptions & AdaptOptions;

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
  const { formatName, format } = look(opened, recognise);
  const adapted = await adapt(opened, formatName, options);
  const { content, original, orientation, changes, notices: said, ...sent } = adapted;
  const shown = image.label;
  const notices = said.map((notice) => ({ ...notice, message: `${shown} ${notice.message}` }));
  // The ending of an address says nothing about the picture behind it.
  const isNamed = 'bytes' in image || image.kind !== 'url';
  if (format.native && isNamed && (await nameDisagrees(shown, format))) {
    notices.push({ message: `${shown} is ${format.name}; sent as ${sent.mimeType}` });
  }
  const several = look(opened, (source) => pagesOf(source, formatName));
  if (several && !options.original) {
    notices.push({ topic: 'pages', message: `${shown} ${several.message}` });
  }
  const fileDigest = await sha256(opened.content);
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
      sha256: fileDigest,
      pictureSha256: (await pictureDigest(opened, formatName)) ?? fileDigest,
      sent: { ...sent, bytes: content.size, changes },
    },
    notices,
  };
}

const HASHED_AT_ONCE = 1_048_576;

/** In hexadecimal. */
export async function sha256(content: Content): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(content, HASHED_AT_ONCE)) hash.update(piece);
  return hash.digest('hex');
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
  // The table of a thousand types is loaded only for a name that looks wrong.
  const { default: mimeTypes } = await import('mime-types');
  const byName = mimeTypes.lookup(extension);
  return byName !== false && byName !== mimeType;
}
