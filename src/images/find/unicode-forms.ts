import { lstat } from 'node:fs/promises';

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
