import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * One picture, typed so that a file that happens to be called "-" or "http://x" in a list cannot be
 * mistaken.
 */
export interface ImageReference {
  readonly kind: 'stdin' | 'url' | 'file';
  /** As the user named it, or folder + name; relative to the working folder like the input was. */
  readonly name: string;
  /**
   * Of a file: where it lies below the folder, or the part of a glob without magic, that named it;
   * the base name of a file that was named by itself. Of a line of a list it is the path in that
   * line without its root, as rsync's `--files-from` has it, which alone may hold `..`.
   */
  readonly below?: string;
}

/**
 * What a name on the command line means: `-` is standard input, `http(s)://` an address, and
 * `file://` a file like any other name.
 */
export function referenceTo(name: string): ImageReference {
  if (name === '-') return { kind: 'stdin', name };
  if (/^file:\/\//i.test(name) && URL.canParse(name)) return fileAt(pathOf(name));
  return isWebAddress(name) ? { kind: 'url', name } : fileAt(name);
}

function fileAt(name: string): ImageReference {
  return fileNamed(name, basename(name));
}

/** A file, whatever its name looks like. */
export function fileNamed(name: string, below: string): ImageReference {
  return { kind: 'file', name: name === '-' ? './-' : name, below };
}

/** A path of a list without its root. */
export function withoutRoot(path: string): string {
  return path.replace(/^(?:\.?\/+)+/, '');
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
