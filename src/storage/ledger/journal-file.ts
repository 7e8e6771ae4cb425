import { lstat, open, rm, stat } from 'node:fs/promises';
import { errorCode, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import { isObject, jsonLine } from '../../domain/json.js';
import { whyUnwritten } from '../../domain/system-errors.js';
import { writeFailure } from '../errors.js';
import { Appender } from './appender.js';
import { eachLine } from './lines.js';
import { openLocked } from './open-locked.js';

const NEEDED =
  'The batch jobs of the results file are noted there, so that none is paid for twice: make it accessible, or name another results file.';

/** Where an entry stands in its file, in bytes. */
export interface EntryPlace {
  at: number;
  length: number;
}

/** Takes an entry of a journal; false if it is none. */
export type OnEntry = (entry: Readonly<Record<string, unknown>>, place: EntryPlace) => boolean;

/** A file of entries beside a ledger, to which entries are only ever added. */
export interface JournalFile {
  /**
   * Adds an entry, which is on the disk when this resolves.
   *
   * @throws GeminiImageError of kind `usage`.
   */
  append(entry: object): Promise<EntryPlace>;
  /** The same for an entry that is a line of JSON already. */
  appendLine(line: Buffer): Promise<EntryPlace>;
  /** @throws GeminiImageError of kind `usage` if the entry is not there any more. */
  read(place: EntryPlace): Promise<Readonly<Record<string, unknown>>>;
  /** Lets others write the file. One without an entry is removed. */
  close(): Promise<void>;
}

/**
 * Opens a journal, or makes it, locks it, and reads what it has. A torn last line, as an interrupted
 * run leaves it, is cut off: what it was to announce has not begun.
 *
 * @param path what messages call it.
 * @throws GeminiImageError of kind `usage` if it is no journal, cannot be written, or another run is
 *   writing it.
 */
export async function openJournalFile(
  target: string,
  path: string,
  onEntry: OnEntry,
  tell: Tell<'unlocked' | 'ledgerRepaired' | 'ledgerMoved'>,
): Promise<JournalFile> {
  try {
    await expectFile(target, path);
    const { file, created, bySizeAlone } = await openLocked(target, path, tell);
    try {
      const { size, torn, unended } = await readEntries(file, path, onEntry);
      const end = await repair(target, size, torn, unended);
      if (torn !== undefined) tell({ type: 'ledgerRepaired', path, cutOff: size - torn });
      const appender = new Appender(file, {
        ...{ path, target, end, isNew: created, replace: undefined, bySizeAlone },
        onMoved: ({ what, where, rest }) =>
          tell({ type: 'ledgerMoved', path, what, where, rest: rest ?? '' }),
      });
      return journalFile(appender, target, path, created);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw errorCode(error) === undefined ? error : writeFailure(path, error, NEEDED);
  }
}

/**
 * Reads a journal without changing or locking it.
 *
 * @returns whether there is one.
 * @throws GeminiImageError of kind `usage`.
 */
export async function readJournalFile(
  target: string,
  path: string,
  onEntry: OnEntry,
): Promise<boolean> {
  try {
    await expectFile(target, path);
    const file = await open(target);
    await readEntries(file, path, onEntry).finally(() => file.close());
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    if (errorCode(error) === undefined) throw error;
    throw usageError(`${path} cannot be read: ${whyUnwritten(error)}`, NEEDED, error);
  }
}

/** @throws GeminiImageError of kind `usage` if something that is no file is in its place. */
async function expectFile(target: string, path: string): Promise<void> {
  const there = await lstat(target).catch(() => undefined);
  const file = there?.isSymbolicLink() ? await stat(target).catch(() => undefined) : there;
  if (!there || file?.isFile()) return;
  const what = file ? (file.isDirectory() ? 'a folder' : 'no regular file') : 'a link to nothing';
  throw usageError(
    `${path} is ${what}, and batch jobs are noted there`,
    'Move it away, or name another results file.',
  );
}

type File = Awaited<ReturnType<typeof open>>;

async function readEntries(file: File, path: string, onEntry: OnEntry) {
  let torn: number | undefined;
  let unended = false;
  let number = 0;
  const size = await eachLine(file, ({ text, at, length, ended }) => {
    number += 1;
    if (text.trim() === '') return true;
    const entry = parsed(text);
    if (entry && onEntry(entry, { at, length })) {
      unended = !ended;
      return true;
    }
    // Only the last line can be without its end.
    if (ended) throw foreign(path, number);
    torn = at;
    return true;
  });
  if (size === undefined) throw foreign(path, number + 1);
  return { size, torn, unended };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the size afterwards. */
async function repair(
  target: string,
  size: number,
  torn: number | undefined,
  unended: boolean,
): Promise<number> {
  if (torn === undefined && !unended) return size;
  // Opened again, because the locked descriptor can only append.
  const file = await open(target, 'r+');
  try {
    if (torn !== undefined) await file.truncate(torn);
    else await file.write('\n', size);
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

function journalFile(
  appender: Appender,
  target: string,
  path: string,
  created: boolean,
): JournalFile {
  const { file } = appender;
  const appendLine: JournalFile['appendLine'] = async (line) => {
    const at = await appender.append(line);
    await appender.sync();
    return { at, length: line.length - 1 };
  };
  return {
    append: (entry) => appendLine(Buffer.from(jsonLine(entry))),
    appendLine,
    async read({ at, length }) {
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, at);
      const entry = parsed(bytes.toString());
      if (entry) return entry;
      throw usageError(
        `${path} was changed by something else while it was in use`,
        'Run the same command again.',
      );
    },
    async close() {
      try {
        await appender.finish();
        const isUnused = created && appender.isEmpty && (await appender.isInPlace());
        if (isUnused) await rm(target, { force: true });
      } finally {
        await appender.close();
      }
    },
  };
}

function foreign(path: string, line: number) {
  return usageError(
    `${path} is no journal of batch jobs, or is damaged: line ${line} cannot be read`,
    'It is needed to find the jobs. If there are none any more (gemini-image batch list), move it away.',
  );
}
