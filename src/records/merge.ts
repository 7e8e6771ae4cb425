import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode, usageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { shardInName } from '../domain/shard.js';
import { eachLine, type Line, lineBatches } from '../storage/ledger/lines.js';
import { lock, openLocked } from '../storage/ledger/open-locked.js';
import { isRest, isTorn, parseRecord } from '../storage/ledger/record-line.js';
import { openOutputFile } from '../storage/output-file.js';
import { KnownLines, NewestLines } from './newest-lines.js';

export interface MergeOptions {
  /** Ledgers, from oldest to newest. */
  ledgers: readonly string[];
  /** The ledger to merge into. Its records stay, and none is added to it twice. */
  output: string;
  /** Whether shards may be missing, or still be written to. */
  partial?: boolean | undefined;
  signal?: AbortSignal | undefined;
  tell: Tell<'unlocked' | 'tornLinesLeftOut'>;
}

export interface Merged {
  /** How many ledgers were read. */
  ledgers: number;
  /** How many records the output has gained. */
  added: number;
  /** How many pictures, or questions about several, have an answer. */
  answered: number;
  /** How many have a failure but no answer. */
  failed: number;
}

/**
 * Merges ledgers into one with the newest record of each picture and question. The output appears
 * whole or not at all, and runs cannot write to it meanwhile. Texts of answers are not kept in
 * memory.
 *
 * @throws GeminiImageError of kind `usage`, before anything is written, if a shard is missing, a
 *   file is not a ledger, or a run is still writing to one.
 */
export async function mergeLedgers(options: MergeOptions): Promise<Merged> {
  const { output, partial = false, signal, tell } = options;
  const ledgers = options.ledgers.filter((path) => resolve(path) !== resolve(output));
  if (ledgers.length === 0) {
    throw usageError('there is nothing to merge', 'Name the ledgers: captions.*-of-8.jsonl.');
  }
  const missing = missingShards(ledgers);
  if (missing !== undefined && !partial) {
    throw usageError(missing, 'Wait for their runs, or merge what is there with --partial.');
  }
  const sources: Source[] = [];
  try {
    for (const path of ledgers) sources.push(await openSource(path, partial));
    const newest = new NewestLines();
    for (const source of sources) {
      await readSource(source, newest, tell);
      signal?.throwIfAborted();
    }
    const added = await writeMerged(sources, newest, { output, ledgers, signal, tell });
    const { answered, failed } = newest;
    return { ledgers: sources.length, added, answered, failed };
  } finally {
    for (const { file } of sources) await file.close();
  }
}

/** A ledger, which is read twice. */
interface Source {
  path: string;
  file: FileHandle;
  /** How many lines the first reading found; a run may add more meanwhile. */
  lines: number;
}

async function openSource(path: string, partial: boolean): Promise<Source> {
  const file = await open(path, 'r').catch((error: unknown) => {
    const code = errorCode(error) ?? String(error);
    const why = code === 'ENOENT' ? 'no such file' : code;
    throw usageError(`${path} cannot be read: ${why}`, 'Name the ledgers that are there.');
  });
  const isHeld = await isBeingWritten(path);
  if (!isHeld || partial) return { path, file, lines: 0 };
  await file.close();
  throw usageError(
    `${path} is being written by a run`,
    'Wait until that is finished, or merge what is there with --partial.',
  );
}

/** If this user may not write to a ledger, no run of this user is writing to it. */
async function isBeingWritten(path: string): Promise<boolean> {
  const file = await open(path, 'r+').catch(() => undefined);
  if (!file) return false;
  try {
    return lock(file.fd) === 'held';
  } finally {
    await file.close();
  }
}

async function readSource(
  source: Source,
  newest: NewestLines,
  tell: MergeOptions['tell'],
): Promise<void> {
  const { path, file } = source;
  let rests = 0;
  const size = await eachLine(file, (line) => {
    source.lines += 1;
    const record = parseRecord(line.text);
    if (record) newest.add(record);
    else newest.pass();
    if (record || line.text.trim() === '') return;
    if (!isLeftOver(line)) throw foreign(path, source.lines);
    rests += 1;
  });
  if (size === undefined) throw foreign(path, source.lines + 1);
  if (rests > 0) tell({ type: 'tornLinesLeftOut', path, lines: rests });
}

/** Whether a line that is not a record is the rest of an incomplete one. */
function isLeftOver({ text, ended }: Line): boolean {
  return isRest(text) || (!ended && isTorn(text));
}

function foreign(path: string, line: number) {
  return usageError(
    `${path} is no results file of gemini-image: line ${line} is no record`,
    'Name ledgers only: what describe writes with -o x.jsonl.',
  );
}

/**
 * Writes what the output already has, and then what it lacks. Returns how many lines were added.
 */
async function writeMerged(
  sources: readonly Source[],
  newest: NewestLines,
  { output, ledgers, signal, tell }: MergeOptions,
): Promise<number> {
  const isThere = await stat(output).then(
    ({ size }) => size > 0,
    () => false,
  );
  // Take the same lock as a run, so that no run begins to write the file that is being replaced.
  const locked = await openLocked(resolve(output), output, tell);
  try {
    const file = await openOutputFile(output, ledgers, tell);
    try {
      const known = new KnownLines();
      const writer = lineWriter((text) => file.write(text));
      if (isThere) await copyOutput(locked.file, output, known, writer);
      const added = await addNewest(sources, newest, known, writer, signal);
      await writer.flush();
      await file.commit();
      return added;
    } catch (error) {
      await file.discard();
      throw error;
    }
  } catch (error) {
    if (locked.created) await rm(output, { force: true });
    throw error;
  } finally {
    await locked.file.close();
  }
}

interface LineWriter {
  add(text: string): void;
  /** Writes what was added. */
  flush(): Promise<void>;
}

function lineWriter(write: (text: string) => Promise<void>): LineWriter {
  let lines: string[] = [];
  return {
    add: (text) => void lines.push(`${text}\n`),
    async flush() {
      const text = lines.join('');
      lines = [];
      if (text !== '') await write(text);
    },
  };
}

async function copyOutput(
  file: FileHandle,
  path: string,
  known: KnownLines,
  writer: LineWriter,
): Promise<void> {
  let number = 0;
  for await (const lines of lineBatches(file)) {
    for (const { text } of lines) {
      number += 1;
      if (text.trim() === '') continue;
      if (!parseRecord(text)) throw foreign(path, number);
      known.add(text);
      writer.add(text);
    }
    await writer.flush();
  }
}

async function addNewest(
  sources: readonly Source[],
  newest: NewestLines,
  known: KnownLines,
  writer: LineWriter,
  signal: AbortSignal | undefined,
): Promise<number> {
  let before = 0;
  let added = 0;
  for (const { file, lines: count } of sources) {
    let at = 0;
    for await (const lines of lineBatches(file)) {
      for (const { text } of lines) {
        // Lines that a run has added since the first reading were not compared.
        if (at < count && newest.stays(before + at) && !known.has(text)) {
          writer.add(text);
          added += 1;
        }
        at += 1;
      }
      await writer.flush();
      signal?.throwIfAborted();
    }
    before += count;
  }
  return added;
}

/** Which shards are missing, in words, by the names of the files; undefined if none are. */
function missingShards(paths: readonly string[]): string | undefined {
  const shards = paths.flatMap((path) => shardInName(path) ?? []);
  const counts = [...new Set(shards.map(({ count }) => count))];
  const [count] = counts;
  if (count === undefined) return undefined;
  if (counts.length > 1) {
    return `the ledgers are shards of different jobs: of ${counts.join(' and of ')}`;
  }
  const there = new Set(shards.map(({ number }) => number));
  const gone = Array.from({ length: count }, (_, index) => index + 1).filter(
    (number) => !there.has(number),
  );
  if (gone.length === 0) return undefined;
  const shown = gone.length > 8 ? `${gone.slice(0, 8).join(', ')} …` : gone.join(', ');
  return `of ${count} shards, ${gone.length} ${gone.length === 1 ? 'is' : 'are'} missing: ${shown}`;
}
