import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode } from '../domain/error.js';
import { unwritable, writeFailure } from './errors.js';
import { LinkOfStranger, type Place, placeOf } from './place.js';
import { reservedFiles, type Untouchable } from './reserved-files.js';

/** Where an output goes. */
export interface OutputTarget {
  /** The path without links, so that a link stays one when its file is replaced. */
  target: string;
  /** What is there already, which may be no regular file. */
  existing: Stats | undefined;
}

/**
 * Finds the place that the user named, through links that can be trusted.
 *
 * @param untouchable files that must not be written over.
 * @param hint what to do where no file can be there.
 * @throws GeminiImageError of kind `usage` where no file can be there.
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
  // What processes have open is at no path.
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
    if (error instanceof LinkOfStranger) {
      const whose = 'is a link of another user in a folder that everybody can write to';
      const why = error.link === resolve(path) ? `it ${whose}` : `${error.link} ${whose}`;
      throw unwritable(path, why, undefined, hint);
    }
    if (errorCode(error) === undefined) throw error;
    throw writeFailure(path, error, hint);
  }
}
