import { platform } from 'node:os';
import { basename, sep } from 'node:path';

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
