import { readFile } from 'node:fs/promises';
import { GeminiImageError } from '../domain/error.js';
import { errorCode } from '../domain/error-code.js';

/** A flag that takes a text, or the name of a file that holds it. */
export interface TextFlag {
  /** What the text is, as in "the prompt". */
  what: string;
  /** What to do where it is empty. */
  ifEmpty: string;
}

/**
 * What such a flag says: its text, or with `@file` what the file holds, without the line break at
 * its end. `@@` is a text that begins with @.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function readTextFlag(value: string, about: TextFlag): Promise<string> {
  const file = fileOfFlag(value);
  const text =
    file === undefined
      ? value.replace(/^@@/, '@')
      : await readNamedText(file, `${about.what}'s file`);
  if (text.trim() !== '') return text;
  throw new GeminiImageError({
    kind: 'usage',
    message: `${about.what} is empty`,
    hint: about.ifEmpty,
  });
}

/** The file that such a flag names, where it names one. */
export function fileOfFlag(value = ''): string | undefined {
  return /^@(?!@)/.test(value) ? value.slice(1) : undefined;
}

/**
 * What a file of text holds, without the line break at its end.
 *
 * @param what it is, as in "the prompt's file".
 * @throws GeminiImageError of kind `usage`.
 */
export async function readNamedText(path: string, what: string): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    const why = error instanceof TypeError ? 'it is no UTF-8 text' : whyUnreadable(error);
    throw new GeminiImageError({
      kind: 'usage',
      message: `${what} ${path} cannot be read: ${why}`,
      hint: 'Name a file of text that is there.',
      cause: error,
    });
  }
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

function whyUnreadable(error: unknown): string {
  const code = errorCode(error) ?? 'unknown error';
  return readFailures[code] ?? code;
}
