import { readFile } from 'node:fs/promises';
import { inputError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import type { PageFile } from './find/find-pages.js';
import type { PageImage } from './page-image.js';
import { imagesOfPage, type ReadOptions } from './read/read-page.js';

/** A page as it was read. */
export interface Page {
  readonly file: PageFile;
  readonly bytes: Uint8Array;
  /** Without a byte order mark; `bom` says whether there is one. */
  readonly text: string;
  readonly bom: boolean;
  readonly images: readonly PageImage[];
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BOM = '\uFEFF';

/**
 * Reads a page.
 *
 * @throws GeminiImageError of kind `input` if it cannot be read, is not UTF-8, or breaks the rules of its
 *   language.
 */
export async function readPage(file: PageFile, options: ReadOptions): Promise<Page> {
  return pageOf(file, await readText(file), options);
}

/** What a page holds. */
export type PageText = Pick<Page, 'bytes' | 'text' | 'bom'>;

/** @throws GeminiImageError as `readPage`. */
export async function readText({ name }: PageFile): Promise<PageText> {
  const bytes = await readFile(name).catch((error: unknown) => {
    throw inputError(whyUnread(error), undefined, error);
  });
  return { bytes, ...textOf(bytes) };
}

/** @throws GeminiImageError as `readPage`. */
export async function pageOf(file: PageFile, text: PageText, options: ReadOptions): Promise<Page> {
  return { file, ...text, images: await imagesIn(file.name, text.text, options) };
}

function textOf(bytes: Uint8Array): Pick<Page, 'text' | 'bom'> {
  try {
    const text = decoder.decode(bytes);
    const bom = text.startsWith(BOM);
    return { text: bom ? text.slice(1) : text, bom };
  } catch (error) {
    throw inputError(
      'it is not UTF-8, and is left as it is',
      'Save it as UTF-8, or leave it out with --exclude.',
      error,
    );
  }
}

/** The images of a page's text; an error of a parser says where it stands. */
export async function imagesIn(
  name: string,
  text: string,
  options: ReadOptions,
): Promise<PageImage[]> {
  try {
    return await imagesOfPage(name, text, options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [what = ''] = error.message.split('\n');
    throw inputError(
      `it cannot be read: ${error instanceof RangeError ? 'it is nested too deeply' : what}`,
      'Leave it out with --exclude if it is meant to be so.',
      error,
    );
  }
}

/** The bytes of a page with another text. */
export function bytesOf({ bom }: Pick<Page, 'bom'>, text: string): Uint8Array {
  return Buffer.from(bom ? BOM + text : text, 'utf8');
}

/** Places of a text as editors count them, from 1; columns are UTF-16 units. */
export function placesIn(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (const { index, 0: whole } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + whole.length);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
