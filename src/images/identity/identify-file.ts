import type { PictureFacts } from '../../domain/record.js';
import type { ImageReference } from '../find/reference.js';
import { HEAD_BYTES, pdf } from '../formats.js';
import { digestOfPage, sha256 } from '../load.js';
import { held, look, type OpenImage, openFile } from '../open/open.js';
import { recognise } from '../recognise.js';
import { pictureDigest } from './identity.js';

/** What a record says about a file besides its pixels. */
export type FileFacts = Pick<
  PictureFacts,
  'mimeType' | 'size' | 'mtime' | 'page' | 'sha256' | 'pictureSha256'
>;

/**
 * Reads a regular file for its hashes; undefined if it cannot be read or is no picture. The error for
 * that comes when the picture is loaded.
 */
export async function identifyFile(
  { source: path, page }: Pick<ImageReference, 'source' | 'page'>,
  signal?: AbortSignal,
): Promise<FileFacts | undefined> {
  try {
    return await factsOf(await openFile(path, { signal }), page);
  } catch {
    return undefined;
  }
}

/** The same for a picture that is given as bytes. */
export async function identifyBytes(bytes: Uint8Array): Promise<FileFacts | undefined> {
  return factsOf(held(bytes)).catch(() => undefined);
}

async function factsOf(image: OpenImage, page?: number): Promise<FileFacts> {
  const isPdf = look(image, (source) => pdf.matches(source.slice(0, HEAD_BYTES)));
  const recognised = isPdf ? undefined : look(image, recognise);
  const fileDigest = await sha256(image);
  const identity = recognised && (await pictureDigest(image, recognised.formatName));
  return {
    mimeType: recognised?.format.mimeType ?? pdf.mimeType,
    size: image.content.size,
    ...(image.changed && { mtime: image.changed.toISOString() }),
    ...(page !== undefined && { page }),
    sha256: fileDigest,
    pictureSha256: digestOfPage(identity ?? fileDigest, page),
  };
}
