import { lstat, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ownFileState } from '../open/file.js';
import type { GlobOptions, GlobWalk } from './glob.js';
import { asOnDisk, isPlain, withSlashes } from './name-forms.js';
import {
  fileNamed,
  fileSeen,
  type ImageReference,
  isWebAddress,
  MAY_BE_MAGIC,
  pageNamed,
  referenceTo,
  withoutRoot,
} from './reference.js';

/** What a name given by the user stands for. */
export type Meaning =
  | { readonly kind: 'one'; readonly reference: ImageReference }
  | { readonly kind: 'folder'; readonly name: string }
  | { readonly kind: 'glob'; readonly walks: readonly GlobWalk[] };

/**
 * What an argument means. A file or folder of exactly that name comes before a glob. Any other name is
 * taken for a file, and reading it will fail with "no such file".
 */
export async function meaningOf(written: string, options: GlobOptions = {}): Promise<Meaning> {
  const reference = referenceTo(written);
  if (reference.kind !== 'file') return { kind: 'one', reference };
  const argument = withSlashes(written);
  const name = await asOnDisk(argument);
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isDirectory()) return { kind: 'folder', name };
  const isThere = stats !== undefined || (await isEntry(name));
  const page = isThere ? undefined : pageNamed(name);
  if (page) return { kind: 'one', reference: page };
  const walks = isThere ? undefined : await walksOf(argument, options);
  if (walks) return { kind: 'glob', walks };
  const path = await asOnDisk(reference.source);
  if (path === reference.source) return { kind: 'one', reference };
  return { kind: 'one', reference: fileNamed(path, basename(path)) };
}

async function walksOf(name: string, options: GlobOptions): Promise<GlobWalk[] | undefined> {
  if (!MAY_BE_MAGIC.test(name)) return undefined;
  const { readGlob } = await import('./glob.js');
  return readGlob(name, options);
}

/** What a line of a list means: a path or a URL, never a glob and never standard input. */
export async function meaningOfLine(line: string): Promise<Meaning> {
  if (isWebAddress(line)) return { kind: 'one', reference: referenceTo(line) };
  const name = await asOnDisk(withSlashes(line));
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isDirectory()) return { kind: 'folder', name };
  const page = stats ? undefined : pageNamed(name);
  if (page) return { kind: 'one', reference: { ...page, below: withoutRoot(page.source) } };
  return { kind: 'one', reference: fileNamed(name, withoutRoot(name)) };
}

/**
 * The file that a line of a list means, if it is surely a file and no link to one. It is found at once,
 * because a list may be long.
 */
export function fileOfLine(line: string): ImageReference | undefined {
  if (isWebAddress(line)) return undefined;
  const name = withSlashes(line);
  if (!isPlain(name)) return undefined;
  const seen = ownFileState(name);
  return seen && fileSeen(name === '-' ? './-' : name, withoutRoot(name), seen);
}

/** Whether there is an entry of that name; a dangling link counts. */
async function isEntry(name: string): Promise<boolean> {
  return lstat(name).then(
    () => true,
    () => false,
  );
}
