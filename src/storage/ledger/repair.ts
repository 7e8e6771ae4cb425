import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import { unwritable, writeFailure } from '../errors.js';
import { withSuffix } from '../swap-file.js';
import { syncFolder } from './appender.js';
import { parseRecord, recordBehind } from './record-line.js';
import type { Damage, Rest } from './scan.js';

export interface RepairOptions {
  /** What the user called the file. */
  path: string;
  /** The name of a file beside it, as the user would write it. */
  asPathNamed(other: string): string;
  /** Told of a repaired end, which any interrupted run may leave, and once of other damage. */
  tell: Tell<'ledgerRepaired' | 'ledgerDamaged'>;
}

/**
 * Repairs a ledger so that every line is a record or blank, and the last line has its end. No whole
 * record is lost. Parts of records are copied to a file beside it before they are blanked. If this is
 * interrupted, it can be done again.
 *
 * @param size of the file, in bytes.
 * @returns the size afterwards.
 * @throws GeminiImageError of kind `usage` if the file beside it cannot be written.
 */
export async function repair(
  target: string,
  size: number,
  { torn, unended, rests }: Damage,
  { path, asPathNamed, tell }: RepairOptions,
): Promise<number> {
  if (torn === undefined && !unended && rests.length === 0) return size;
  // Opened again, because the ledger's own descriptor can only append.
  const file = await open(target, 'r+');
  try {
    if (torn !== undefined) {
      await file.truncate(torn);
      tell({ type: 'ledgerRepaired', path, cutOff: size - torn });
    } else if (unended) {
      await file.write('\n', size);
      tell({ type: 'ledgerRepaired', path });
    }
    const [first] = rests;
    if (first) {
      const bytes = await Promise.all(rests.map((rest) => bytesOf(file, rest)));
      const { mode } = await file.stat();
      const kept = withSuffix(target, DAMAGED);
      await keepBeside(kept, asPathNamed(kept), bytes, mode);
      await moveRecords(file, rests);
      for (const rest of rests) await blank(file, rest);
      tell({
        type: 'ledgerDamaged',
        path,
        lines: rests.length,
        firstLine: first.number,
        keptIn: asPathNamed(kept),
      });
    }
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

const DAMAGED = '.damaged';

async function bytesOf(file: FileHandle, { at, length }: Rest): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, at);
  return bytes;
}

/** Adds lines to a file, on the disk, unless an interrupted repair has already added them. */
async function keepBeside(
  target: string,
  path: string,
  lines: readonly Buffer[],
  mode: number,
): Promise<void> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = constants;
  try {
    const file = await open(target, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, mode & 0o777);
    try {
      if (!(await file.stat()).isFile()) throw unwritable(path, 'it is no regular file');
      const known = await file.readFile();
      const isKnown = (line: Buffer) => known.includes(Buffer.concat([line, LINE_FEED]));
      const added = lines.filter((line) => !isKnown(line)).flatMap((line) => [line, LINE_FEED]);
      // An interrupted repair may have left half a line.
      const isCut = known.length > 0 && known.at(-1) !== LINE_FEED[0];
      await file.appendFile(Buffer.concat(isCut ? [LINE_FEED, ...added] : added));
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(target));
  } catch (error) {
    throw errorCode(error) === undefined ? error : writeFailure(path, error);
  }
}

const LINE_FEED = Buffer.from('\n');

/** Copies whole records that share a line with a later one to lines of their own at the end. */
async function moveRecords(file: FileHandle, rests: readonly Rest[]): Promise<void> {
  const lines = rests.flatMap(({ text }) => wholeRecordsIn(text)).map((line) => `${line}\n`);
  if (lines.length === 0) return;
  await file.write(lines.join(''), (await file.stat()).size);
  await file.sync();
}

function wholeRecordsIn(text: string): string[] {
  if (parseRecord(text)) return [text];
  const behind = recordBehind(text);
  if (!behind) return [];
  return [...wholeRecordsIn(behind.before), text.slice(behind.before.length)];
}

/** These first bytes are blanked last, so that an interrupted repair leaves a recognisable part. */
const HEAD = 16;

async function blank(file: FileHandle, { at, length }: Rest): Promise<void> {
  const head = Math.min(HEAD, length);
  await file.write(Buffer.alloc(length - head, ' '), 0, length - head, at + head);
  await file.datasync();
  await file.write(Buffer.alloc(head, ' '), 0, head, at);
}
