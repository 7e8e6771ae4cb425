import { relative, resolve, sep } from 'node:path';
import { bytesOf, imagesIn, type Page } from '../page.js';
import { type PageImage, type Splice, spliced } from '../page-image.js';
import { plain } from '../read/flow.js';
import type { ReadOptions } from '../read/read-page.js';
import { unifiedDiff } from './diff.js';

/** The new text of an image; empty means that it is decorative. */
export interface Change {
  readonly image: PageImage;
  readonly alt: string;
}

/** How a page changes. */
export interface PageChange {
  readonly page: Page;
  readonly after: Uint8Array;
  readonly diff: string;
  /** How many images have another text. */
  readonly made: number;
  /** Images whose text cannot be changed without another effect. */
  readonly left: readonly PageImage[];
}

/**
 * Changes the texts of images, and nothing else: the page is read again as it would be written, and what
 * does not come out as it should is left.
 */
export async function planChanges(
  page: Page,
  changes: readonly Change[],
  options: ReadOptions,
): Promise<PageChange> {
  const left: PageImage[] = [];
  let made: readonly Made[] = changes.flatMap(({ image, alt }) => {
    if (isSaid(image, alt)) return [];
    const splices = image.edits(alt);
    if (splices.length === 0) left.push(image);
    return splices.length === 0 ? [] : [{ image, alt, splices }];
  });
  if (!(await comesOut(page, made, options))) {
    const good: Made[] = [];
    for (const one of made) {
      if (await comesOut(page, [...good, one], options)) good.push(one);
      else left.push(one.image);
    }
    made = good;
  }
  const splices = made.flatMap((one) => one.splices);
  const bom = page.bom ? '\uFEFF' : '';
  const moved = splices.map((one) => ({
    ...one,
    start: one.start + bom.length,
    end: one.end + bom.length,
  }));
  const after = spliced(page.text, splices);
  return {
    page,
    after: bytesOf(page, after),
    diff: unifiedDiff(pathFromHere(page.file.name), bom + page.text, moved),
    made: made.length,
    left,
  };
}

/** As `git apply` takes it, in the folder in which the diff was made. */
function pathFromHere(name: string): string {
  return relative(resolve('.'), resolve(name)).split(sep).join('/');
}

interface Made extends Change {
  readonly splices: readonly Splice[];
}

/** Whether an image has this text already. */
function isSaid({ alt }: PageImage, words: string): boolean {
  return alt.kind === 'text' && alt.text === words;
}

/** Whether the page, read again, has the same images, of which just these have their new texts. */
async function comesOut(page: Page, made: readonly Made[], options: ReadOptions): Promise<boolean> {
  const text = spliced(
    page.text,
    made.flatMap(({ splices }) => splices),
  );
  const images = await imagesIn(page.file.name, text, options).catch(() => undefined);
  if (images?.length !== page.images.length) return false;
  return page.images.every((before, at) => {
    const now = images[at];
    const change = made.find(({ image }) => image === before);
    if (!now || (now.source.kind !== 'svg' && !isEqual(now.source, before.source))) return false;
    return change
      ? now.alt.kind === 'text' && isHeard(now, change.alt)
      : isEqual(now.alt, before.alt);
  });
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Wikis have no escapes, so that brackets and bars are lost. */
function isHeard({ alt, form }: PageImage, words: string): boolean {
  if (alt.kind !== 'text') return false;
  const heard = plain(words);
  return plain(alt.text) === (form === '![[]]' ? plain(heard.replace(/[|[\]]/g, ' ')) : heard);
}
