import { lstat, stat } from 'node:fs/promises';
import { type GlobWalk, readGlob } from './glob.js';
import {
  fileNamed,
  type ImageReference,
  isWebAddress,
  referenceTo,
  withoutRoot,
} from './reference.js';

/** What a name given by the user stands for. */
export type Meaning =
  | { readonly kind: 'one'; readonly reference: ImageReference }
  | { readonly kind: 'folder' }
  | { readonly kind: 'glob'; readonly walks: readonly GlobWalk[] };

/**
 * What an argument means. A file or folder of that very name comes before a glob; a name that is
 * nothing of these is a file's, and whoever reads it says that there is none.
 */
export async function meaningOf(name: string): Promise<Meaning> {
  const reference = referenceTo(name);
  if (reference.kind !== 'file') return { kind: 'one', reference };
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isDirectory()) return { kind: 'folder' };
  const walks = stats || (await isEntry(name)) ? undefined : await readGlob(name);
  return walks ? { kind: 'glob', walks } : { kind: 'one', reference };
}

/** What a line of a list means: a path or a URL, never a glob and never standard input. */
export async function meaningOfLine(line: string): Promise<Meaning> {
  if (isWebAddress(line)) return { kind: 'one', reference: referenceTo(line) };
  const stats = await stat(line).catch(() => undefined);
  if (stats?.isDirectory()) return { kind: 'folder' };
  return { kind: 'one', reference: fileNamed(line, withoutRoot(line)) };
}

/** A link that leads nowhere is there all the same. */
async function isEntry(name: string): Promise<boolean> {
  return lstat(name).then(
    () => true,
    () => false,
  );
}
