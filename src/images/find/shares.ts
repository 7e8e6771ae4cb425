import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Shard } from '../../domain/shard.js';
import type { Found } from './find-images.js';
import type { PictureGroup } from './groups.js';
import { composed } from './name-forms.js';
import { type ImageReference, withoutEnding } from './reference.js';

/**
 * The number of the shard that a picture is in, from 1, whatever other pictures there are. It is
 * found by a hash of where the picture lies below what was named, or of the whole address; so it is
 * the same on all machines, wherever the folder lies there. A change of the hash would move pictures
 * between the ledgers of jobs that have begun.
 *
 * The ending of the name does not count, nor do upper and lower case: pictures that would be given
 * the same file for their answers are in one shard, where that is found out.
 */
export function shardOf(one: ImageReference | PictureGroup, count: number): number {
  const name = nameToShare(one);
  return (Number.parseInt(hash('sha256', name, 'hex').slice(0, 12), 16) % count) + 1;
}

function nameToShare(one: ImageReference | PictureGroup): string {
  if (one.kind === 'group') return composed(one.below).toLowerCase();
  const { kind, source, below = source } = one;
  return kind === 'file' ? composed(withoutEnding(below)).toLowerCase() : source;
}

/**
 * The pictures or groups of one shard. What could not be looked into is told in every shard: nobody knows
 * whose pictures it holds.
 *
 * @param onOther called for each picture of another shard.
 * @param isOnlyName whether nothing else was named: where that is not there, such as a folder that is
 *   mistyped, each shard says so.
 */
export async function* sharedOut<One extends Found | PictureGroup>(
  found: AsyncIterable<One>,
  { number, count }: Shard,
  onOther: () => void,
  isOnlyName: boolean,
): AsyncGenerator<One, void, void> {
  for await (const one of found) {
    if (one.kind === 'failed' || shardOf(one, count) === number) yield one;
    else if (isOnlyName && one.kind === 'file' && !existsSync(one.source)) yield one;
    else onOther();
  }
}
