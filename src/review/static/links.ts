import { isAbsolute, parse, relative, resolve, sep } from 'node:path';

/**
 * How a page in a folder leads to a file. Undefined if it cannot: the file lies on another drive, or has
 * nothing but the root in common with the folder, so that the link would name all folders above it.
 */
export function linkTo(path: string, folder: string): string | undefined {
  const from = resolve(folder);
  const way = relative(from, resolve(path));
  if (isAbsolute(way)) return undefined;
  const parts = way.split(sep);
  const up = parts.filter((part) => part === '..');
  const meeting = resolve(from, ...up);
  return meeting === parse(meeting).root ? undefined : linkOf(parts);
}

/** The parts of a relative path as a link; undefined if one of them is no text that a link can hold. */
export function linkOf(parts: readonly string[]): string | undefined {
  try {
    return parts.map((part) => (part === '..' ? part : encodeURIComponent(part))).join('/');
  } catch {
    // Half a character.
    return undefined;
  }
}
