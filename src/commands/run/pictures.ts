import {
  type FindInputs,
  type Found,
  findImages,
  namesOnePicture,
} from '../../images/find/find-images.js';
import type { CommandContext } from '../context.js';
import type { RunFlags } from './task.js';

/** The pictures of a run. */
export interface Pictures {
  /** Whether there may be more than one, which decides on the shape of the output. */
  several: boolean;
  found: AsyncIterable<Found>;
  /** Files in folders and globs that are no pictures, so far. */
  passedOver(): number;
  /** What else was not looked at, so far. */
  leftOut(): LeftOut;
}

export interface LeftOut {
  /** How many folders of programs and systems there were, by their names. */
  folders: ReadonlyMap<string, number>;
  /** Files and folders that match --exclude. */
  excluded: number;
}

/** Looks for the pictures that the inputs name; nothing is searched before it is asked for. */
export async function openPictures(
  inputs: FindInputs,
  { recursive = false, exclude, includeAll }: RunFlags,
  { stdin, signal }: CommandContext,
): Promise<Pictures> {
  let passedOver = 0;
  let excluded = 0;
  const folders = new Map<string, number>();
  const found = findImages(inputs, {
    recursive,
    exclude,
    includeAll,
    stdin: stdin.stream,
    signal,
    onPassedOver: () => {
      passedOver += 1;
    },
    onFolderPassedOver(name) {
      folders.set(name, (folders.get(name) ?? 0) + 1);
    },
    onExcluded: () => {
      excluded += 1;
    },
  });
  const several = !(await namesOnePicture(inputs));
  return { several, found, passedOver: () => passedOver, leftOut: () => ({ folders, excluded }) };
}
