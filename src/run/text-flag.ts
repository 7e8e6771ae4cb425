import { addAbortSignal, type Readable } from 'node:stream';
import { interrupted, isInterrupted, usageError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import type { FindInputs } from '../images/find/find-images.js';
import { openToRead } from '../images/open/file.js';

/** A flag that takes a text, or the name of a file with the text. */
export interface TextFlag {
  /** What the text is in words, as in "the prompt". */
  what: string;
  /** What to do if it is empty. */
  ifEmpty: string;
}

/**
 * The text of such a flag or, for `@file`, the text of the file without its last line break. `@@`
 * begins a text that starts with @.
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

/** The file that such a flag names, if any. */
export function fileOfFlag(value = ''): string | undefined {
  return /^@(?!@)/.test(value) ? value.slice(1) : undefined;
}

/** More than the largest model reads: about a million tokens. */
const MOST_BYTES = 4_194_304;

/**
 * Reads a text file, without its last line break. It may be a pipe; after 4 MB, an endless one is
 * refused.
 *
 * @param what the file in words, as in "the prompt's file".
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

/** The same for standard input. */
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

/** The file that `--schema` names, with or without an `@`; undefined if it is the schema itself. */
export function schemaFileOf(value: string | undefined): string | undefined {
  if (value === undefined || /^\s*[{[]/.test(value)) return undefined;
  return fileOfFlag(value) ?? value;
}

/**
 * The files that a run reads, which none of its outputs may replace.
 *
 * @param besides what the task reads in addition to pictures, list and system instruction.
 */
export function filesRead(
  { find, ask }: { find: FindInputs; ask: { system?: string | undefined } },
  besides: readonly string[],
): readonly string[] {
  const { images, filesFrom } = find;
  const files = [...images, filesFrom ?? [], ...besides, fileOfFlag(ask.system) ?? []];
  return [...files.flat(), '.env', 'gemini-image.json'].map((name) =>
    name === '-' ? '/dev/stdin' : name,
  );
}
