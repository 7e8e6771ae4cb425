import { type FileHandle, open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode, interrupted, usageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { shardInName } from '../domain/shard.js';
import { count } from '../output/quantities.js';
import { hasJournal } from '../run/jobs-beside.js';
import { eachSpan, type LineChunk, lineChunks } from '../storage/ledger/lines.js';
import { lock, openLocked } from '../storage/ledger/open-locked.js';
import { FIELD, RecordHead } from '../storage/ledger/record-head.js';
import { isRest, isTorn, parseRecord } from '../storage/ledger/record-line.js';
import { type OutputFile, openOutputFile } from '../storage/output-file.js';
import { LinesByBytes, NewestLines } from './newest-lines.js';

export interface MergeOptions {
  /** Ledgers, from oldest to newest. */
  ledgers: readonly string[];
  /** The ledger to merge into. Its records stay, and none is added to it twice. */
  output: string;
  /** Whether shards may be missing, be written to still, or have batch jobs on their way. */
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
 *   file is not a ledger, or a run is still writing to one or has its answers on their way.
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
  if (!partial) for (const path of ledgers) await expectNothingOnTheWay(path);
  const sources: Source[] = [];
  try {
    for (const path of ledgers) sources.push(await openSource(path, partial));
    return await intoOutput(options, async (locked) => {
      const newest = new NewestLines();
      const hasLines = (await locked.stat()).size > 0;
      const known = hasLines ? new LinesByBytes() : undefined;
      let before = 0;
      for (const source of sources) {
        await readSource(source, before, newest, known, tell);
        before += source.lines;
        if (signal?.aborted) throw interrupted(signal);
      }
      const { answered, failed } = newest;
      const added = await writeMerged(sources, newest, known, locked, { ...options, ledgers });
      return { ledgers: sources.length, added, answered, failed };
    });
  } finally {
    for (const { file } of sources) await file.close();
  }
}

/** What is on its way would be asked about again by a run on the merged ledger. */
async function expectNothingOnTheWay(path: string): Promise<void> {
  if (!hasJournal(path)) return;
  const { readJournal } = await import('../run/batch/journal.js');
  const { jobs = [] } = (await readJournal(path)) ?? {};
  const questions = jobs.reduce((sum, job) => sum + job.count, 0);
  if (questions === 0) return;
  const are = questions === 1 ? '1 picture is' : `${count(questions)} pictures are`;
  throw usageError(
    `${are} on the way in batch jobs for ${path}`,
    'Collect them first, with the command that has submitted them, or merge what is there with --partial.',
  );
}

/**
 * Locks the output as a run does, so that no run begins to write the file that is being replaced. If
 * the work fails, an output that was not there before is gone again.
 */
async function intoOutput<Result>(
  { output, tell }: MergeOptions,
  work: (output: FileHandle) => Promise<Result>,
): Promise<Result> {
  const locked = await openLocked(resolve(output), output, tell);
  try {
    return await work(locked.file);
  } catch (error) {
    if (locked.created) await rm(output, { force: true });
    throw error;
  } finally {
    await locked.file.close();
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

/** @param known takes the lines if the output has some already, which may be among them. */
async function readSource(
  source: Source,
  before: number,
  newest: NewestLines,
  known: LinesByBytes | undefined,
  tell: MergeOptions['tell'],
): Promise<void> {
  const { path, file } = source;
  let rests = 0;
  const head = new RecordHead();
  const chunks = lineChunks(file);
  for (;;) {
    const { done, value } = await chunks.next();
    if (done && value === undefined) throw foreign(path, source.lines + 1);
    if (done) break;
    const { bytes } = value;
    eachSpan(value, (start, end) => {
      const line = before + source.lines;
      source.lines += 1;
      if (head.read(bytes, start, end) && PEOPLES.every((field) => !head.has(field))) {
        // What is taken from most lines is read in a fraction of the time.
        const request = head.has(FIELD.request) ? head.textOf(FIELD.request) : '';
        newest.addAnswer(head.textOf(FIELD.image), request);
        known?.add(bytes.subarray(start, end), line);
        return;
      }
      const text = bytes.toString('utf8', start, end);
      const record = parseRecord(text);
      if (!record) {
        newest.pass();
        if (text.trim() === '') return;
        if (!isLeftOver(text, end < bytes.length)) throw foreign(path, source.lines);
        rests += 1;
        return;
      }
      newest.add(record);
      known?.add(bytes.subarray(start, end), line);
    });
  }
  if (rests > 0) tell({ type: 'tornLinesLeftOut', path, lines: rests });
}

/** The fields of what people said of an answer. */
const PEOPLES = [FIELD.edited, FIELD.reviewed];

/** Whether a line that is not a record is the rest of an incomplete one. */
function isLeftOver(text: string, ended: boolean): boolean {
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
  known: LinesByBytes | undefined,
  locked: FileHandle,
  { output, ledgers, signal, tell }: MergeOptions,
): Promise<number> {
  const file = await openOutputFile(output, ledgers, tell);
  try {
    const writer = new LineWriter(file);
    if (known) await copyOutput(locked, output, newest, known, writer);
    const added = await addNewest(sources, newest, writer, signal);
    await file.commit();
    return added;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Copies lines from file to file without reading them as text. */
class LineWriter {
  readonly #file: OutputFile;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  /** Writes those lines of a chunk that `takes` takes, and returns how many there were. */
  async add(chunk: LineChunk, takes: (start: number, end: number) => boolean): Promise<number> {
    const { bytes } = chunk;
    /** Where lines that are taken begin and end: those that follow each other are one span. */
    const spans: { from: number; to: number }[] = [];
    let count = 0;
    eachSpan(chunk, (start, end) => {
      if (!takes(start, end)) return;
      count += 1;
      const last = spans.at(-1);
      if (last?.to === start) last.to = end + 1;
      else spans.push({ from: start, to: end + 1 });
    });
    for (const { from, to } of spans) {
      await this.#file.writeBytes(bytes.subarray(from, to));
      // The last line of a file may have no end.
      if (to > bytes.length) await this.#file.writeBytes(LINE_BREAK);
    }
    return count;
  }
}

const LINE_BREAK = Buffer.from('\n');

/** Also says of each line that is in a source too that it is written. */
async function copyOutput(
  file: FileHandle,
  path: string,
  newest: NewestLines,
  known: LinesByBytes,
  writer: LineWriter,
): Promise<void> {
  let number = 0;
  for await (const chunk of lineChunks(file)) {
    const { bytes } = chunk;
    await writer.add(chunk, (start, end) => {
      number += 1;
      const line = known.find(bytes.subarray(start, end));
      if (line !== undefined) newest.leaveOut(line);
      if (line !== undefined) return true;
      const text = bytes.toString('utf8', start, end);
      if (text.trim() === '') return false;
      if (!parseRecord(text)) throw foreign(path, number);
      return true;
    });
  }
}

async function addNewest(
  sources: readonly Source[],
  newest: NewestLines,
  writer: LineWriter,
  signal: AbortSignal | undefined,
): Promise<number> {
  let before = 0;
  let added = 0;
  for (const { file, lines: count } of sources) {
    let at = 0;
    for await (const chunk of lineChunks(file)) {
      added += await writer.add(chunk, () => {
        // Lines that a run has added since the first reading were not compared.
        const stays = at < count && newest.stays(before + at);
        at += 1;
        return stays;
      });
      if (signal?.aborted) throw interrupted(signal);
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
