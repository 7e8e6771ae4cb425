import { lstatSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { GeminiImageError, usageError } from '../../domain/error.js';
import { whyUnread } from '../../domain/system-errors.js';
import { openToRead } from '../open/file.js';
import { stopIfAborted } from './errors.js';
import { isWebAddress } from './reference.js';

export interface ListOptions {
  readonly nulSeparated?: boolean | undefined;
  readonly stdin?: (() => Readable) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LF = 0x0a;
const NUL = 0;
const BOM = '\ufeff';

/** Longer than any path or URL. */
const MAX_LINE_BYTES = 65_536;

/**
 * The names in a list, those of a piece of it at a time, as soon as that is there.
 *
 * @param list a path, or `-` for standard input.
 * @throws GeminiImageError of kind `usage` if the list cannot be read or is not a list.
 */
export async function* readList(
  list: string,
  { nulSeparated = false, stdin, signal }: ListOptions,
): AsyncGenerator<readonly string[], void, void> {
  stopIfAborted(signal);
  const title = list === '-' ? 'the list on standard input' : `the list ${list}`;
  const stream = list === '-' ? stdin?.() : await openList(list, title, signal);
  if (!stream) throw usageError(`${title} cannot be read: there is no standard input`);
  if (signal) addAbortSignal(signal, stream);
  let emptyBytes = 0;
  try {
    for await (const lines of linesOf(stream, nulSeparated ? NUL : LF)) {
      const names: string[] = [];
      try {
        for (const line of lines) {
          const name = nulSeparated ? line : withoutBlanks(textLine(line, title));
          const isNamed = name !== '' && (nulSeparated || !isComment(name));
          emptyBytes = isNamed ? 0 : emptyBytes + Buffer.byteLength(line) + 1;
          if (emptyBytes > MAX_EMPTY_BYTES) throw tooEmpty;
          if (isNamed) names.push(name);
        }
      } finally {
        // Those before a line that is wrong, too.
        if (names.length > 0) yield names;
      }
      stopIfAborted(signal);
    }
  } catch (error) {
    stopIfAborted(signal);
    if (error === noZeros) {
      throw usageError(
        `${title} holds no zero bytes`,
        'Leave out -0 for a list with a name a line.',
      );
    }
    if (error === tooEmpty) {
      throw usageError(`${title} goes on and on without a name in it; is it a list?`);
    }
    if (error === tooLong)
      throw usageError(`${title} has a line of more than 64 KiB; is it a list?`);
    if (error instanceof GeminiImageError) throw error;
    throw usageError(`${title} cannot be read: ${whyUnread(error)}`, undefined, error);
  } finally {
    stream.destroy();
  }
}

async function openList(
  list: string,
  title: string,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const file = await openToRead(list, signal).catch((error: unknown) => {
    if (error instanceof GeminiImageError) throw error;
    throw usageError(`${title} cannot be read: ${whyUnread(error)}`, undefined, error);
  });
  return file.createReadStream();
}

/** The name in a line; empty if the line is blank. */
function textLine(line: string, title: string): string {
  if (line.includes('\0')) {
    throw usageError(
      `${title} holds zero bytes`,
      'Give -0 with a list that zero bytes separate, such as that of find -print0; otherwise save it as UTF-8.',
    );
  }
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const bare = text.trim();
  return bare === '' || isWebAddress(bare) ? bare : text;
}

/** A line without the blanks around it, unless there is a file whose name has them. */
function withoutBlanks(line: string): string {
  const bare = line.trim();
  return bare === line || isEntry(line) ? line : bare;
}

/** A line that begins with # is a comment, unless there is a file or folder of that name. */
function isComment(name: string): boolean {
  // There may be a million names, and hardly one of them holds this.
  return name.includes('#') && /^\s*#/.test(name) && !isEntry(name);
}

/** Whether there is an entry of that name; a dangling link counts. */
function isEntry(name: string): boolean {
  try {
    return lstatSync(name, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A list with more empty lines comes from a device, or from a program that never ends. */
const MAX_EMPTY_BYTES = 1_048_576;

const tooEmpty = new Error('there is no name');
const tooLong = new Error('a line is too long');
const noZeros = new Error('no zero bytes');

/** How many lines are split off at once. */
const AT_ONCE = 128;

/**
 * Whole lines, some at a time. The stream is cut at line ends before it becomes text, so that no
 * character is cut in two.
 */
async function* linesOf(stream: Readable, separator: number): AsyncGenerator<string[], void, void> {
  const mark = String.fromCharCode(separator);
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  const textOf = (bytes: Buffer) => {
    const text = bytes.toString();
    const isMarked = isFirst && text.startsWith(BOM);
    isFirst = false;
    return isMarked ? text.slice(1) : text;
  };
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, Buffer.from(chunk)]);
    const long = longLineIn(bytes, separator);
    const end = long ?? bytes.lastIndexOf(separator) + 1;
    if (end > 0) {
      const lines = textOf(bytes.subarray(0, end)).split(mark);
      // What is behind the last line end.
      lines.pop();
      for (let at = 0; at < lines.length; at += AT_ONCE) yield lines.slice(at, at + AT_ONCE);
    }
    if (long !== undefined) throw tooLong;
    rest = bytes.subarray(end);
  }
  if (rest.length === 0) return;
  if (isFirst && separator === NUL && rest.includes(LF)) throw noZeros;
  yield [textOf(rest)];
}

/** Where a line begins that is longer than any path; undefined if there is none. */
function longLineIn(bytes: Buffer, separator: number): number | undefined {
  if (bytes.length <= MAX_LINE_BYTES) return undefined;
  for (let start = 0; ; ) {
    const end = bytes.indexOf(separator, start);
    if ((end < 0 ? bytes.length : end) - start > MAX_LINE_BYTES) return start;
    if (end < 0) return undefined;
    start = end + 1;
  }
}
