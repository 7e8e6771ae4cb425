import { addAbortSignal, type Readable } from 'node:stream';
import { interrupted, isInterrupted, usageError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import { openToRead } from '../images/open/file.js';

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
 * @param signal ends the wait for a pipe.
 * @throws GeminiImageError of kind `usage`, or `interrupted`.
 */
export async function readTextFlag(
  value: string,
  about: TextFlag,
  signal?: AbortSignal,
): Promise<string> {
  const file = fileOfFlag(value);
  const text =
    file === undefined
      ? value.replace(/^@@/, '@')
      : await readNamedText(file, `${about.what}'s file`, signal);
  if (text.trim() !== '') return text;
  throw usageError(`${about.what} is empty`, about.ifEmpty);
}

/** The file that such a flag names, where it names one. */
export function fileOfFlag(value = ''): string | undefined {
  return /^@(?!@)/.test(value) ? value.slice(1) : undefined;
}

/** More than the largest model reads: about a million tokens. */
const MOST_BYTES = 4_194_304;

/**
 * What a file of text holds, without the line break at its end. It may be a pipe; what has no end is
 * left at 4 MB.
 *
 * @param what it is, as in "the prompt's file".
 * @param signal ends the wait for a pipe.
 * @throws GeminiImageError of kind `usage`, or `interrupted`.
 */
export async function readNamedText(
  path: string,
  what: string,
  signal?: AbortSignal,
): Promise<string> {
  const open = async () => (await openToRead(path, signal)).createReadStream();
  return readText(open, `${what} ${path}`, signal);
}

/** The same of standard input. */
export function readStdinText(stdin: Readable, what: string, signal: AbortSignal): Promise<string> {
  return readText(async () => stdin, `${what} on standard input`, signal);
}

async function readText(
  open: () => Promise<Readable>,
  title: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const stream = await open();
    if (signal) addAbortSignal(signal, stream);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      length += bytes.length;
      if (length > MOST_BYTES) throw tooLarge;
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    if (isInterrupted(error)) throw error;
    if (signal?.aborted) throw interrupted(signal);
    throw usageError(
      `${title} cannot be read: ${whyUnreadable(error)}`,
      'Name a file of text that is there.',
      error,
    );
  }
}

const tooLarge = new Error('it is larger than 4 MB');

function whyUnreadable(error: unknown): string {
  if (error === tooLarge) return tooLarge.message;
  if (error instanceof TypeError) return 'it is no UTF-8 text';
  return whyUnread(error);
}

/** The file that `--schema` names, with or without an `@`; undefined where it is the schema itself. */
export function schemaFileOf(value: string | undefined): string | undefined {
  if (value === undefined || /^\s*[{[]/.test(value)) return undefined;
  return fileOfFlag(value) ?? value;
}
