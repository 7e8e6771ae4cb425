import type { PictureFacts } from '../../domain/record.js';
import { sha256 } from '../load.js';
import { look, openFile } from '../open/open.js';
import { recognise } from '../recognise.js';
import { pictureDigest } from './identity.js';

/** What a record says about a file besides its pixels. */
export type FileFacts = Pick<
  PictureFacts,
  'mimeType' | 'size' | 'mtime' | 'sha256' | 'pictureSha256'
>;

/**
 * Reads a regular file for its hashes; undefined if it cannot be read or is no picture. The error for
 * that comes when the picture is loaded.
 */
export async function identifyFile(
  path: string,
  signal?: AbortSignal,
): Promise<FileFacts | undefined> {
  try {
    const image = await openFile(path, { signal });
    const { formatName, format } = look(image, recognise);
    const fileDigest = await sha256(image.content);
    return {
      mimeType: format.mimeType,
      size: image.content.size,
      ...(image.changed && { mtime: image.changed.toISOString() }),
      sha256: fileDigest,
      pictureSha256: (await pictureDigest(image, formatName)) ?? fileDigest,
    };
  } catch {
    return undefined;
  }
}
