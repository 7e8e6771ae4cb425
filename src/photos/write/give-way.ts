// A file gives way to its changed version, which looks to the system like the same file.
import type { Stats } from 'node:fs';
import { constants, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, parse, relative, resolve, sep } from 'node:path';
import { errorCode } from '../../domain/error.js';
import { fileDigest } from '../../images/open/file.js';
import { unwritable, writeFailure } from '../../storage/errors.js';
import { inherit } from '../../storage/inherit.js';
import { syncFolder } from '../../storage/ledger/appender.js';
import { syncFile, withFileToMake } from '../../storage/temporary-file.js';

/** What belongs to every change of a file. */
export interface ChangeOptions {
  /** Files that must not be written over. */
  untouchable: readonly string[];
  /** Whether the file keeps its date. */
  keepTimes: boolean;
  /** The folder in which originals are kept. */
  backup: string | undefined;
}

interface Exchange {
  /** The file as the user named it. */
  path: string;
  /** The same without links. */
  target: string;
  /** As it was when it was read; undefined if it was not there. */
  before: Stats | undefined;
  /** The new version, on the disk; undefined if the file is to be removed. */
  by: string | undefined;
}

/**
 * Puts the new version in the place of the old one, with the permissions and extended attributes of
 * the old one, and where the system allows it, its owner.
 *
 * @throws GeminiImageError of kind `usage` if another program has changed the file meanwhile; errors of
 *   the system.
 */
export async function giveWay(
  { path, target, before, by }: Exchange,
  { keepTimes, backup }: ChangeOptions,
): Promise<void> {
  if (before && backup !== undefined) {
    await keepOriginal(target, path, before, backup).catch((error: unknown) => {
      if (errorCode(error) === undefined) throw error;
      const hint = 'Nothing was written, because the original could not be kept.';
      throw writeFailure(backup, error, hint);
    });
  }
  if (before && by !== undefined) await inherit(target, before, by, keepTimes);
  await expectUnchanged(path, before);
  if (by === undefined) await rm(target, { force: true });
  else await rename(by, target);
  await syncFolder(dirname(target));
}

/** Undefined if there is no such file. */
export async function stateOf(path: string, hint: string): Promise<Stats | undefined> {
  return stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw writeFailure(path, error, hint);
  });
}

/** Another program may have written to it since it was read. */
async function expectUnchanged(path: string, before: Stats | undefined): Promise<void> {
  const now = await stateOf(path, 'Write again.');
  const isSame =
    now?.size === before?.size && now?.mtimeMs === before?.mtimeMs && now?.ino === before?.ino;
  if (isSame) return;
  throw unwritable(path, 'another program has changed it meanwhile', undefined, 'Write again.');
}

/** More versions than anybody writes. */
const MOST_VERSIONS = 10_000;

/**
 * Copies a file into the folder of originals, under its path. What is there stays: a second version
 * gets a number, and the same one is not copied again.
 */
async function keepOriginal(
  target: string,
  path: string,
  before: Stats,
  folder: string,
): Promise<void> {
  const wanted = join(folder, inside(path));
  const { dir, name, ext } = parse(wanted);
  await mkdir(dir, { recursive: true });
  for (let number = 0; number < MOST_VERSIONS; number += 1) {
    const place = number === 0 ? wanted : join(dir, `${name}.~${number}~${ext}`);
    const there = await stat(place).catch(() => undefined);
    if (there) {
      if (there.size !== before.size) continue;
      if ((await fileDigest(place)) === (await fileDigest(target))) return;
      continue;
    }
    await withFileToMake(place, async (made) => {
      await copyFile(target, made, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await inherit(target, before, made, true);
      await syncFile(made);
      await rename(made, place);
    });
    await syncFolder(dir);
    return;
  }
  throw unwritable(
    wanted,
    'too many versions of it are kept there',
    undefined,
    'Name another folder.',
  );
}

/** A path below any folder: that from the working folder, or from the root of the disk. */
function inside(path: string): string {
  const fromHere = relative(resolve('.'), resolve(path));
  const { root } = parse(resolve(path));
  const isBelow =
    fromHere !== '..' && !fromHere.startsWith(`..${sep}`) && parse(fromHere).root === '';
  return isBelow ? fromHere : relative(root, resolve(path));
}
