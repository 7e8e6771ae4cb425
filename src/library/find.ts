import { usageError } from '../domain/error.js';
import type { Found } from '../images/find/find-images.js';
import { checkOptions } from './check-options.js';
import { thrownInOptions } from './option-words.js';
import type { FindOptions } from './options.js';
import type { FoundGroup, FoundPicture, NotFound } from './picture.js';

/**
 * Finds pictures as the command does: in files, folders, globs, `http(s)` URLs and lists, in natural
 * order, each once. Nothing is looked for before it is asked for. A name without a picture comes out
 * as one of kind `failed`, whose record will be a failed one.
 *
 * @throws GeminiImageError from the loop, if an option is wrong or the list cannot be read.
 */
export function find(
  names: string | readonly string[],
  options?: FindOptions & { group?: undefined },
): AsyncGenerator<FoundPicture, void, void>;

/**
 * The same, put together into groups of which each is for one question. They come when all names are
 * known. A picture that fits no part of the pattern is a group by itself.
 */
export function find(
  names: string | readonly string[],
  options: FindOptions & { group: string },
): AsyncGenerator<FoundGroup | NotFound, void, void>;

export async function* find(
  names: string | readonly string[],
  options: FindOptions = {},
): AsyncGenerator<FoundPicture | FoundGroup, void, void> {
  checkOptions('find', options);
  const images = typeof names === 'string' ? [names] : names;
  if (!Array.isArray(images) || images.some((name) => typeof name !== 'string')) {
    throw usageError('find takes a path, a folder, a glob or a URL, or a list of those');
  }
  const { filesFrom, nulSeparated, recursive = false, pages, group, ...rest } = options;
  const { findImages } = await import('../images/find/find-images.js');
  const files = findImages({ images, filesFrom, nulSeparated }, { ...rest, recursive });
  const all = pages === undefined ? files : await apart(files, pages);
  yield* group === undefined ? all : await inGroups(all, group);
}

async function apart(files: AsyncGenerator<Found>, text: string): Promise<AsyncIterable<Found>> {
  const { parsePages } = await import('../images/find/pages-and-groups.js');
  const wanted = await Promise.resolve(text).then(parsePages).catch(thrownInOptions);
  if (wanted === 'first') return files;
  const { splitIntoPages } = await import('../images/find/split-pages.js');
  return splitIntoPages(files, wanted);
}

async function inGroups(found: AsyncIterable<Found>, pattern: string) {
  const { grouped } = await import('../images/find/groups.js');
  const { parseGrouping } = await import('../images/find/pages-and-groups.js');
  const grouping = await Promise.resolve(pattern).then(parseGrouping).catch(thrownInOptions);
  // A program sees by the pictures of a group whether one is missing.
  return grouped(found, grouping, () => undefined);
}
