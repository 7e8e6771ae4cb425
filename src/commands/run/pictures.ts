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
}

/** Looks for the pictures that the inputs name; nothing is searched before it is asked for. */
export async function openPictures(
  inputs: FindInputs,
  { recursive = false }: RunFlags,
  { stdin, signal }: CommandContext,
): Promise<Pictures> {
  let passedOver = 0;
  const found = findImages(inputs, {
    recursive,
    stdin: stdin.stream,
    signal,
    onPassedOver: () => {
      passedOver += 1;
    },
  });
  const several = !(await namesOnePicture(inputs));
  return { several, found, passedOver: () => passedOver };
}
