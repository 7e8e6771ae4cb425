import { accessSync, constants } from 'node:fs';
import type { LoadSettings } from '../engine/engine-task.js';
import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { openImage } from '../images/open/open.js';
import { estimateOf, type PictureCounts, type RunFacts } from './estimate.js';
import type { RunEstimate } from './output-estimate.js';

export interface EstimateOptions extends RunFacts {
  load: LoadSettings;
  /** Whether an earlier run described a picture; without it, none is done. */
  isDone?: ((image: ImageReference) => Promise<boolean>) | undefined;
  /** Which pictures are asked about at all; without it, all that are not done. */
  isWanted?: ((image: ImageReference) => boolean) | undefined;
}

/**
 * What a run would take. The pictures are found and counted, not read, and addresses are not
 * fetched.
 *
 * @param onFailed told of each name that would fail; it throws again what ends the run.
 * @throws GeminiImageError of kind `interrupted`, or `usage` where a list cannot be read.
 */
export async function estimateRun(
  found: AsyncIterable<Found>,
  { isDone, isWanted = () => true, load, ...facts }: EstimateOptions,
  onFailed: (error: unknown, name: string) => void,
): Promise<RunEstimate> {
  const counts: PictureCounts = { pictures: 0, done: 0, failed: 0 };
  for await (const image of found) {
    try {
      if (image.kind === 'failed') throw image.error;
      if (await isDone?.(image)) counts.done += 1;
      else if (!isWanted(image)) continue;
      else await expectThere(image, load);
      counts.pictures += 1;
    } catch (error) {
      onFailed(error, image.name);
      counts.failed += 1;
    }
  }
  return estimateOf(counts, facts);
}

/** @throws GeminiImageError as the run would, where there is no such file or it may not be read. */
async function expectThere(image: ImageReference, load: LoadSettings): Promise<void> {
  if (image.kind !== 'file') return;
  try {
    // Synchronous, since there may be a hundred thousand of them.
    accessSync(image.name, constants.R_OK);
  } catch {
    // It is opening it that knows why.
    await openImage(image, load);
  }
}
