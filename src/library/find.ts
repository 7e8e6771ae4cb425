import { usageError } from '../domain/error.js';
import type { WantedPages } from '../images/find/pages-and-groups.js';
import { checkOptions } from './check-options.js';
import { errorInOptions } from './option-words.js';
import type { FindOptions } from './options.js';
import type { FoundPicture } from './picture.js';

/**
 * Finds pictures as the command does: in files, folders, globs, `http(s)` URLs and lists, in natural
 * order, each once. Nothing is looked for before it is asked for. A name without a picture comes out
 * as one of kind `failed`, whose record will be a failed one.
 *
 * @throws GeminiImageError from the loop, if an option is wrong or the list cannot be read.
 */
export async function* find(
  names: string | readonly string[],
  options: FindOptions = {},
): AsyncGenerator<FoundPicture, void, void> {
  checkOptions('find', options);
  const images = typeof names === 'string' ? [names] : names;
  if (!Array.isArray(images) || images.some((name) => typeof name !== 'string')) {
    throw usageError('find takes a path, a folder, a glob or a URL, or a list of those');
  }
  const { filesFrom, nulSeparated, recursive = false, pages, ...rest } = options;
  const wanted = pages === undefined ? 'first' : await pagesIn(pages);
  const { findImages } = await import('../images/find/find-images.js');
  const files = findImages({ images, filesFrom, nulSeparated }, { ...rest, recursive });
  if (wanted === 'first') return yield* files;
  const { splitIntoPages } = await import('../images/find/split-pages.js');
  yield* splitIntoPages(files, wanted);
}

async function pagesIn(text: string): Promise<WantedPages> {
  const { parsePages } = await import('../images/find/pages-and-groups.js');
  try {
    return parsePages(text);
  } catch (error) {
    throw errorInOptions(error);
  }
}
