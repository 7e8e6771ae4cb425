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
const CR = 0x0d;
const NUL = 0;

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
          const name = nulSeparated ? line.toString() : withoutBlanks(textLine(line, title));
          const isNamed = name !== '' && (nulSeparated || !isComment(name));
          emptyBytes = isNamed ? 0 : emptyBytes + line.length + 1;
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
function textLine(line: Buffer, title: string): string {
  if (line.includes(NUL)) {
    throw usageError(
      `${title} holds zero bytes`,
      'Give -0 with a list that zero bytes separate, such as that of find -print0; otherwise save it as UTF-8.',
    );
  }
  const text = line.toString('utf8', 0, line.at(-1) === CR ? line.length - 1 : line.length);
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
  return /^\s*#/.test(name) && !isEntry(name);
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

/** Splits bytes rather than text, so that no character is cut in two. Yields the lines of each piece. */
async function* linesOf(stream: Readable, separator: number): AsyncGenerator<Buffer[], void, void> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  const finished = (line: Buffer) => {
    const whole = isFirst && line.subarray(0, 3).equals(BOM) ? line.subarray(3) : line;
    isFirst = false;
    return whole;
  };
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, Buffer.from(chunk)]);
    let lines: Buffer[] = [];
    let start = 0;
    let longest = 0;
    for (let end = bytes.indexOf(separator); end !== -1; end = bytes.indexOf(separator, start)) {
      longest = end - start;
      if (longest > MAX_LINE_BYTES) break;
      lines.push(finished(bytes.subarray(start, end)));
      start = end + 1;
      if (lines.length < AT_ONCE) continue;
      yield lines;
      lines = [];
    }
    yield lines;
    if (longest > MAX_LINE_BYTES) throw tooLong;
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw tooLong;
  }
  if (rest.length === 0) return;
  if (isFirst && separator === NUL && rest.includes(LF)) throw noZeros;
  yield [finished(rest)];
}

const BOM = Buffer.from('\ufeff');
