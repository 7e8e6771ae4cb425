import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode } from '../domain/error.js';
import { unwritable, writeFailure } from './errors.js';
import { LinkOfStranger, type Place, placeOf } from './place.js';
import { reservedFiles, type Untouchable } from './reserved-files.js';

/** Where an output goes. */
export interface OutputTarget {
  /** The path without links, so that a link stays one when its file is replaced. */
  target: string;
  /** The file at that path, if there is one; it may be no regular file. */
  existing: Stats | undefined;
}

/**
 * Finds the place that the user named, through links that can be trusted.
 *
 * @param untouchable files that must not be written over.
 * @param hint what to do if no file can be there.
 * @throws GeminiImageError of kind `usage` if no file can be there.
 */
export async function outputTarget(
  path: string,
  untouchable: Untouchable,
  hint?: string,
): Promise<OutputTarget> {
  if (path === '') throw unwritable('""', 'the name is empty', undefined, hint);
  const known = await stat(path).catch(() => undefined);
  if (known?.isDirectory() || path.endsWith('/')) {
    throw unwritable(path, 'it is a folder', undefined, hint);
  }
  const place = await placeFor(path, hint);
  // A file that a process has open may be at no path.
  const existing = place.existing ?? known;
  const why = await reservedFiles(untouchable).reasonFor(place.target, existing);
  if (why !== undefined && existing?.isFile() !== false) {
    throw unwritable(path, why, undefined, hint);
  }
  const isRegular = existing === undefined || existing.isFile();
  return { target: isRegular ? place.target : path, existing };
}

async function placeFor(path: string, hint: string | undefined): Promise<Place> {
  try {
    return await placeOf(path);
  } catch (error) {
    if (error instanceof LinkOfStranger) throw ledAstray(path, error, hint);
    if (errorCode(error) === undefined) throw error;
    throw writeFailure(path, error, hint);
  }
}

/**
 * Checks that no other user's link decides where a folder is, as far as the folder exists.
 *
 * @param path the file to be written in it, or the folder itself.
 * @throws GeminiImageError of kind `usage`.
 */
export async function expectOwnLinks(folder: string, path: string, hint?: string): Promise<void> {
  try {
    await placeOf(folder);
  } catch (error) {
    if (error instanceof LinkOfStranger) throw ledAstray(path, error, hint);
    // Other problems with the folder are reported where it is made or used.
  }
}

function ledAstray(path: string, { link }: LinkOfStranger, hint: string | undefined) {
  const whose = 'is a link of another user in a folder that everybody can write to';
  const why = link === resolve(path) ? `it ${whose}` : `${link} ${whose}`;
  return unwritable(path, why, undefined, hint);
}

/** The name of a file beside the target as the user would write it, who may have named a link. */
export function asNamed(other: string, target: string, path: string): string {
  if (other === target) return path;
  const isBeside = basename(target) === basename(path) && dirname(other) === dirname(target);
  return isBeside ? join(dirname(path), basename(other)) : other;
}
