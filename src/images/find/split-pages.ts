// Pages of a file as pictures of their own: `scan.tif#2`.
import { stat } from 'node:fs/promises';
import { pictureFormats } from '../formats.js';
import { lookInto } from '../open/byte-source.js';
import { countTiffPages } from '../pages.js';
import { rawKindOf } from '../raw/raw-kind.js';
import { type Failure, failed } from './errors.js';
import type { Found } from './find-images.js';
import type { PageRange } from './pages-and-groups.js';
import { type ImageReference, pageOf } from './reference.js';

/** Puts the wanted pages of each TIFF that has several in its place; other files pass unchanged. */
export async function* splitIntoPages(
  found: AsyncIterable<Found>,
  wanted: readonly PageRange[],
): AsyncGenerator<Found, void, void> {
  const taken = new Set<string>();
  for await (const one of found) {
    if (one.kind !== 'file') yield one;
    else if (one.page !== undefined) {
      if (isNew(one)) yield one;
    } else {
      const pages = await pagesIn(one, wanted);
      if (!pages) yield one;
      else if (!Array.isArray(pages)) yield pages;
      else for (const page of pages.filter(isNew)) yield page;
    }
  }

  function isNew({ source, page }: ImageReference): boolean {
    const key = `${source}#${page}`;
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  }
}

/** The wanted pages; undefined for a file that has none of its own. */
async function pagesIn(
  file: ImageReference,
  wanted: readonly PageRange[],
): Promise<ImageReference[] | Failure | undefined> {
  const count = await countPages(file.source);
  if (count === undefined) return undefined;
  // A name with a number would be another picture than before, for a file that has one page.
  const isWhole = count === 1 && wanted.some(({ from }) => from === 1);
  if (isWhole) return undefined;
  const pages = new Set<number>();
  for (const { from, to = count } of wanted) {
    for (let page = from; page <= Math.min(to, count); page += 1) pages.add(page);
  }
  if (pages.size > 0) {
    return [...pages].sort((one, other) => one - other).map((page) => pageOf(file, page));
  }
  const has = count === 1 ? '1 page' : `${count} pages`;
  return failed(file.id, `it has ${has}, and --pages asks for none of them`, {
    hint: 'Give other pages, or --pages all.',
  });
}

/** How many pages a TIFF has; undefined for another file, and for one that cannot be read. */
async function countPages(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  try {
    return lookInto(path, stats.size, (source) => {
      if (!pictureFormats.tiff.matches(source.slice(0, 8)) || rawKindOf(source)) return undefined;
      return Math.max(countTiffPages(source), 1);
    });
  } catch {
    // Loading it will say why.
    return undefined;
  }
}
