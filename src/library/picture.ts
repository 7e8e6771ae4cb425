import { fileURLToPath } from 'node:url';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { Found } from '../images/find/find-images.js';
import { type ImageReference, isWebAddress, referenceTo } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';

/** A picture that `find` has found, or a name for which it has found none. */
export type FoundPicture = Found;

/** A path, a `file:` or `http(s):` URL, the picture's bytes, or what `find` yields. */
export type ImageInput = string | URL | Uint8Array | NamedPictureBytes | FoundPicture;

/** Many pictures, of which not all need be known yet. */
export type ImageInputs = Iterable<ImageInput> | AsyncIterable<ImageInput>;

/** The bytes of a picture, with the name that its record has. */
export interface NamedPictureBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @param unnamed the name of a picture that is given by its bytes alone. */
export function pictureOf(input: unknown, unnamed: string): Found | NamedBytes {
  if (typeof input === 'string') return referenceTo(input);
  if (input instanceof Uint8Array) return { id: unnamed, label: unnamed, bytes: input };
  if (input instanceof URL) {
    if (isWebAddress(input.href)) return referenceTo(input.href);
    if (input.protocol === 'file:') return referenceTo(fileURLToPath(input));
    throw noPicture();
  }
  if (!isObject(input)) throw noPicture();
  const { name, bytes } = input;
  if (typeof name === 'string' && bytes instanceof Uint8Array) {
    return { id: name, label: name, bytes };
  }
  if (isFound(input)) return input;
  throw noPicture();
}

function isFound(input: object): input is Found {
  if (!('kind' in input && 'id' in input && typeof input.id === 'string')) return false;
  if (input.kind === 'failed') return 'error' in input && input.error instanceof Error;
  const isReference = input.kind === 'file' || input.kind === 'url' || input.kind === 'stdin';
  return isReference && 'source' in input && typeof input.source === 'string';
}

/** A picture for one call: a name without a picture is an error. */
export function onePicture(input: unknown): ImageReference | NamedBytes {
  const picture = pictureOf(input, 'image');
  if ('bytes' in picture || picture.kind !== 'failed') return picture;
  throw picture.error;
}

function noPicture(): GeminiImageError {
  return usageError(
    'a picture must be a path, a file: or http(s): URL, a Uint8Array, { name, bytes }, or one that find() yields',
  );
}
