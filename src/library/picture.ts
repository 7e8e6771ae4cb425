import { fileURLToPath } from 'node:url';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { AnyGroup } from '../engine/remaining.js';
import type { Failure } from '../images/find/errors.js';
import type { Found } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import {
  type ImageReference,
  isWebAddress,
  pageNamed,
  referenceTo,
} from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';

/** A picture that `find` has found, or a name for which it has found none. */
export type FoundPicture = Found;

/** A path, a `file:` or `http(s):` URL, the picture's bytes, or what `find` yields. */
export type ImageInput = string | URL | Uint8Array | NamedPictureBytes | FoundPicture;

/** Many pictures, of which not all need be known yet. */
export type ImageInputs = Iterable<ImageInput> | AsyncIterable<ImageInput>;

/** A name for which `find` has found no picture. */
export type NotFound = Failure;

/** Pictures that one question is about, as `find` with `group` yields them. */
export type FoundGroup = PictureGroup;

/** Pictures that one question is about, and the name that its record has. */
export interface NamedPictures {
  readonly name: string;
  readonly pictures: readonly ImageInput[];
}

/** Groups, and perhaps pictures that are asked about by themselves. */
export type GroupInputs = Some<NamedPictures | FoundGroup | ImageInput>;

type Some<Input> = Iterable<Input> | AsyncIterable<Input>;

/** Several pictures for one question: a list of them, or a group that has a name. */
export type JointInput = readonly ImageInput[] | NamedPictures | FoundGroup;

/** The bytes of a picture, with the name that its record has. */
export interface NamedPictureBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @param unnamed the name of a picture that is given by its bytes alone. */
export function pictureOf(input: unknown, unnamed: string): Found | NamedBytes {
  if (typeof input === 'string') return pageNamed(input) ?? referenceTo(input);
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
  const isReference = ['file', 'url', 'stdin', 'data'].some((kind) => kind === input.kind);
  return isReference && 'source' in input && typeof input.source === 'string';
}

/** A picture for one call: a name without a picture is an error. */
export function onePicture(input: unknown): ImageReference | NamedBytes {
  return referred(pictureOf(input, 'image'));
}

function referred(picture: Found | NamedBytes): ImageReference | NamedBytes {
  if ('bytes' in picture || picture.kind !== 'failed') return picture;
  throw picture.error;
}

/** A group by its name; undefined for what is none. */
export function groupOf(input: unknown): AnyGroup | undefined {
  if (!isObject(input)) return undefined;
  const { kind, id, name, pictures, images } = input;
  if (kind === 'group' && typeof id === 'string' && Array.isArray(images)) return group(id, images);
  if (typeof name !== 'string' || !Array.isArray(pictures)) return undefined;
  return group(name, pictures);
}

function group(id: string, pictures: readonly unknown[]): AnyGroup {
  return { kind: 'group', id, label: id, below: id, images: together(pictures) };
}

/** The pictures of one question, in their order. */
export function together(pictures: readonly unknown[]): readonly (ImageReference | NamedBytes)[] {
  if (pictures.length === 0) throw usageError('a group must have at least one picture');
  return pictures.map((picture, at) => referred(pictureOf(picture, `image ${at + 1}`)));
}

function noPicture(): GeminiImageError {
  return usageError(
    'a picture must be a path, a file: or http(s): URL, a Uint8Array, { name, bytes }, or one that find() yields',
  );
}
