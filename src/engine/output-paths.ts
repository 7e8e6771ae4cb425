import { hash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type GeminiImageError, inputError } from '../domain/error.js';
import { whyNoFileName } from '../images/find/name-forms.js';
import type { ImageReference } from '../images/find/reference.js';
import { displayName } from '../images/find/reference.js';
import { percentDecoded } from '../network/text.js';

/** Files that are named after pictures, in a folder of the same structure or beside them. */
export interface OutputPaths {
  /**
   * Gives a path to a picture, which no other picture gets from then on.
   *
   * @param ifTaken what to do if another picture has it already.
   * @throws GeminiImageError of kind `input` if another picture has it, the picture itself lies
   *   there, or the system allows no such name.
   */
  take(path: string, reference: ImageReference, ifTaken?: string): string;
}

/** How messages name such a file, and the flag that names their folder. */
export interface PathWords {
  what: string;
  /** With its article. */
  one: string;
  folderFlag: string;
  /** What to do if a file would replace its own picture. */
  ifOwnPath: string;
}

export function createOutputPaths({ what, ifOwnPath }: PathWords): OutputPaths {
  const owners = new Map<string, string>();
  return {
    take(path, { kind, id, source }, ifTaken = 'Rename one of the two pictures.') {
      const absolute = resolve(path);
      if (kind === 'file' && absolute === resolve(source)) {
        throw inputError(`its ${what} would take its own place`, ifOwnPath);
      }
      const unfit = whyNoFileName(path);
      if (unfit !== undefined) {
        throw inputError(`its ${what} cannot be called ${path}: ${unfit}`, 'Rename the picture.');
      }
      const owner = ownerOf(owners, absolute, id);
      if (owner === id) return path;
      throw inputError(`its ${what} ${path} is that of ${displayName(owner)} already`, ifTaken);
    },
  };
}

/**
 * The picture that owns a path: the first one that asked for it. Only 72 bits of the path's hash
 * are kept, as 12 characters, since there may be a hundred thousand paths.
 */
function ownerOf(owners: Map<string, string>, path: string, id: string): string {
  const key = hash('sha256', path, 'base64').slice(0, 12);
  const owner = owners.get(key) ?? id;
  owners.set(key, owner);
  return owner;
}

/**
 * The path of a picture below the output folder, which mirrors the pictures' folders. It keeps the
 * picture's own ending.
 *
 * @throws GeminiImageError of kind `input` if the picture can have no such path.
 */
export function pathBelow(
  folder: string,
  { kind, source, below = basename(source) }: ImageReference,
  words: PathWords,
): string {
  if (kind === 'stdin') throw onStdin(words);
  if (kind === 'url') return join(folder, lastPart(source, words));
  if (below.split(/[/\\]/).includes('..')) {
    throw inputError(
      `its path leads out of the folder of the ${words.what}s`,
      `Name pictures in lists without .. when you give ${words.folderFlag}.`,
    );
  }
  return join(folder, notEmpty(below));
}

export function onStdin({ one }: PathWords): GeminiImageError {
  return inputError(`standard input has no place for ${one}`, 'Name a file.');
}

export function notEmpty(path: string): string {
  if (path === '') throw inputError('the name is empty');
  return path;
}

/** The name that a browser would give to the file at an address. */
function lastPart(address: string, { one }: PathWords): string {
  const path = URL.canParse(address) ? new URL(address).pathname : '';
  const part = path.slice(path.lastIndexOf('/') + 1);
  const name = percentDecoded(part);
  if (name === '' || name === '.' || name === '..') {
    throw inputError(`the address names no file after which ${one} could be named`);
  }
  // An encoded slash must not lead into another folder.
  return /[/\\\p{Cc}]/u.test(name) ? part : name;
}

/** Whether something has this name, even a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
