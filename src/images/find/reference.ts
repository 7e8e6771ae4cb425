import { statSync } from 'node:fs';
import { basename, extname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileState } from '../open/file.js';
import { withSlashes } from './name-forms.js';

/**
 * One picture, typed so that a file that happens to be called "-" or "http://x" in a list cannot be
 * mistaken.
 */
export interface ImageReference {
  readonly kind: 'stdin' | 'url' | 'file' | 'data';
  /**
   * Its name in records and ledgers: as the user named it, or folder + name; relative to the working
   * folder if the input was.
   */
  readonly id: string;
  /** Where its bytes are: a path, an address, `-`, or a `data:` URL that holds them. */
  readonly source: string;
  /** Its name in messages: an address without the parts that may hold a secret. */
  readonly label: string;
  /**
   * Of a file: where it lies below the folder, or the part of a glob without magic, that named it;
   * the base name of a file that was named by itself. Of a line of a list it is the path in that
   * line without its root, as rsync's `--files-from` has it, which alone may hold `..`.
   */
  readonly below?: string;
  /** The page that is meant, from 1, if it is one of several in its file. */
  readonly page?: number;
  /** Of a file that was looked at when it was found, moments before: what it was then. */
  readonly seen?: FileState;
  /** Of a file that was in the listing of its folder, moments before, as a regular one. */
  readonly isListed?: boolean;
}

/** What every glob has, and few names. */
export const MAY_BE_MAGIC = /[*?[{]|[+@!]\(/;

/**
 * What a name on the command line means: `-` is standard input, `http(s)://` an address, and
 * `file://` a file like any other name.
 */
export function referenceTo(name: string): ImageReference {
  if (name === '-') return { kind: 'stdin', id: name, source: name, label: name };
  if (/^file:\/\//i.test(name) && URL.canParse(name)) return fileAt(pathOf(name));
  if (!isWebAddress(name)) return fileAt(name);
  return { kind: 'url', id: name, source: name, label: displayName(name) };
}

function fileAt(name: string): ImageReference {
  return fileNamed(name, basename(name));
}

/** A file, whatever its name looks like. */
export function fileNamed(name: string, below: string): ImageReference {
  const path = name === '-' ? './-' : withSlashes(name);
  return { kind: 'file', id: path, source: path, label: displayName(path), below };
}

/** A regular file from the listing of its folder. */
export function fileListed(path: string, below: string): ImageReference {
  return { kind: 'file', id: path, source: path, label: displayName(path), below, isListed: true };
}

/** A file that was looked at. */
export function fileSeen(path: string, below: string, seen: FileState): ImageReference {
  return { kind: 'file', id: path, source: path, label: displayName(path), below, seen };
}

/** A page of a file, from 1, as a picture of its own. */
export function pageOf(file: ImageReference, page: number): ImageReference {
  const mark = pageMark({ page });
  return { ...file, id: file.id + mark, label: file.label + mark, page };
}

/**
 * The page that a name such as `scan.tif#2` means, if there is a file of the name before it, and none
 * of the whole name.
 */
export function pageNamed(name: string): ImageReference | undefined {
  const [, path, page] = /^(.+)#(\d{1,6})$/s.exec(name) ?? [];
  if (path === undefined || Number(page) < 1 || entryAt(name)) return undefined;
  return entryAt(path)?.isFile()
    ? pageOf(fileNamed(path, basename(path)), Number(page))
    : undefined;
}

/** What a page adds to the name of its file, here and in names that are made from it. */
export function pageMark({ page }: Pick<ImageReference, 'page'>): string {
  return page === undefined ? '' : `#${page}`;
}

/**
 * A path of a list without its root; on Windows without its drive either.
 *
 * @param separator that of the system.
 */
export function withoutRoot(path: string, separator: string = sep): string {
  const local = separator === '\\' ? path.replace(/^[a-z]:/i, '') : path;
  return beginsWithRoot(local) ? local.replace(/^(?:\.?\/+)+/, '') : local;
}

/** A quick look, because there may be a million paths. */
function beginsWithRoot(path: string): boolean {
  return path[0] === '/' || path[0] === '.';
}

/** A path without the ending of its name; a dot at the beginning of a name begins no ending. */
export function withoutEnding(path: string): string {
  const { length } = extname(path);
  return length === 0 ? path : path.slice(0, -length);
}

/** The path of a `file:` URL; one that names no file of this machine leads to no file. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

export function isWebAddress(name: string): boolean {
  return beginsLikeAddress(name) && /^https?:\/\//i.test(name);
}

/** There may be a million names, and hardly one of them begins so. */
function beginsLikeAddress(name: string): boolean {
  return name[0] === 'h' || name[0] === 'H';
}

function entryAt(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Reading it will say why it cannot be looked at.
    return undefined;
  }
}

/**
 * A URL as errors may name it: without query, fragment and user information, any of which may hold
 * a secret. Names that are no http or https URL come back unchanged.
 */
export function displayName(name: string): string {
  if (!beginsLikeAddress(name)) return name;
  const [, scheme, rest = ''] = /^(https?:[\\/]{2})(.*)$/is.exec(name) ?? [];
  if (scheme === undefined) return name;
  // If a password with / or ? in it makes the URL invalid, the end of the password is not known.
  const user = URL.canParse(name) ? /^[^\\/?#]*@/s : /^.*@/s;
  return scheme + rest.replace(user, '').replace(/[?#].*$/s, '');
}
