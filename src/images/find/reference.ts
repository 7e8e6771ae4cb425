import { fileURLToPath } from 'node:url';

/**
 * One picture, typed so that a file that happens to be called "-" or "http://x" in a list cannot be
 * mistaken.
 */
export interface ImageReference {
  readonly kind: 'stdin' | 'url' | 'file';
  /** As the user named it, or folder + name; relative to the working folder like the input was. */
  readonly name: string;
}

/**
 * What a name on the command line means: `-` is standard input, `http(s)://` an address, and
 * `file://` a file like any other name.
 */
export function referenceTo(name: string): ImageReference {
  if (name === '-') return { kind: 'stdin', name };
  if (/^file:\/\//i.test(name) && URL.canParse(name)) return { kind: 'file', name: pathOf(name) };
  return isWebAddress(name) ? { kind: 'url', name } : fileNamed(name);
}

/** A file, whatever its name looks like. */
export function fileNamed(name: string): ImageReference {
  return { kind: 'file', name: name === '-' ? './-' : name };
}

/** Not every `file:` URL names a file of this machine; such a name leads nowhere. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

export function isWebAddress(name: string): boolean {
  return /^https?:\/\//i.test(name);
}
