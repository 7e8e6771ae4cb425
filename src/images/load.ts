import { createHash } from 'node:crypto';
import type { Picture } from '../domain/picture.js';
import { prepare } from './prepare.js';
import { type ReadOptions, readImage, tooLarge } from './read.js';
import { recognise } from './recognise.js';
import { nameDisagrees } from './second-witness.js';

export interface LoadedPicture {
  picture: Picture;
  /** SHA-256 of the bytes as they were read, in hexadecimal. */
  sha256: string;
  /** What the user should know although the picture can be used. */
  warnings: readonly string[];
}

/** A picture that is given as bytes rather than by a name. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

/**
 * Reads a picture, recognises its type by its bytes, and makes it fit to be sent.
 *
 * @param image a path, `-` for standard input, or bytes.
 * @throws GeminiImageError of kind `input`.
 */
export async function loadPicture(
  image: string | NamedBytes,
  options: ReadOptions,
): Promise<LoadedPicture> {
  const { name, bytes } =
    typeof image === 'string' ? { name: image, bytes: await readImage(image, options) } : image;
  if (bytes.length > options.maxBytes) throw tooLarge(bytes.length, options.maxBytes);
  const recognised = recognise(bytes);
  const prepared = prepare(bytes, recognised);
  const { name: formatName } = recognised.format;
  return {
    picture: { name, ...prepared },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    warnings: (await nameDisagrees(name, recognised.format))
      ? [`${name} is ${formatName}; sent as ${prepared.mimeType}`]
      : [],
  };
}
