// The forms that one name may have: letters with accents as one character or two, slashes or backslashes.
import { lstat } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, sep } from 'node:path';

/**
 * A path as it is on the disk. A letter with an accent may be one character there (NFC) or two (NFD),
 * whichever of them the user typed or pasted. If no file has either form, the path is returned.
 */
export async function asOnDisk(path: string): Promise<string> {
  if (isPlain(path) || (await isThere(path))) return path;
  let found = '';
  for (const piece of path.split(/(?<=\/)/)) {
    const next = await firstThere([piece, composed(piece), piece.normalize('NFD')], found);
    if (next === undefined) return path;
    found += next;
  }
  return found;
}

/** A name in the form NFC, in which names are compared. */
export function composed(name: string): string {
  return isPlain(name) ? name : name.normalize('NFC');
}

/** ASCII has one form. */
export function isPlain(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

async function firstThere(forms: readonly string[], folder: string): Promise<string | undefined> {
  for (const form of new Set(forms)) if (await isThere(folder + form)) return form;
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * A path as it is written everywhere in this program: on Windows, with slashes in place of
 * backslashes, which both lead to the same file. Ledgers, lists and globs of one system then fit the
 * others. Elsewhere a backslash is a character of a name. Paths of the form `\\?\` stay, since
 * Windows takes them literally.
 *
 * @param separator that of the system.
 */
export function withSlashes(path: string, separator: string = sep): string {
  if (separator !== '\\' || path.startsWith('\\\\?\\') || path.startsWith('\\\\.\\')) return path;
  return path.replaceAll('\\', '/');
}

/** Names of devices, with any ending or none. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\s*\..*|\s*)$/i;
const NOT_IN_NAMES = /[<>:"|?*]/;

/**
 * Why Windows would not make a file of this name, or would write elsewhere; undefined if it would,
 * and on every other system. `con.txt` is the console there, and `a:b.txt` a hidden part of `a`.
 *
 * @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
export function whyNoFileName(path: string, system: string = platform()): string | undefined {
  if (system !== 'win32') return undefined;
  const name = basename(path.replaceAll('\\', '/'));
  if (DEVICE.test(name)) return 'Windows has a device of that name';
  const [letter] = NOT_IN_NAMES.exec(name) ?? [];
  if (letter !== undefined) return `Windows allows no ${letter} in names`;
  if (/[. ]$/.test(name)) return 'Windows allows no dot and no blank at the end of a name';
  return undefined;
}
