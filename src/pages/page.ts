import { readFileSync } from 'node:fs';
import { inputError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import type { PageFile } from './find/find-pages.js';
import type { PageImage, SeenImage } from './page-image.js';
import { imagesOfPage, imagesSeenOnPage, type ReadOptions } from './read/read-page.js';

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
  const text = readText(file);
  return { file, ...text, images: await imagesIn(file.name, text.text, options) };
}

/** What a page holds. */
export type PageText = Pick<Page, 'bytes' | 'text' | 'bom'>;

/**
 * Pages are small and many: to hand each to a thread and back takes longer than to read it.
 *
 * @throws GeminiImageError as `readPage`.
 */
export function readText({ name }: PageFile): PageText {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(name);
  } catch (error) {
    throw inputError(whyUnread(error), undefined, error);
  }
  return { bytes, ...textOf(bytes) };
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

/** A page that is only looked at. */
export interface SeenPage extends PageText {
  readonly file: PageFile;
  readonly images: readonly SeenImage[];
}

/**
 * Looks at a page, in less time than it takes to read it.
 *
 * @param needsContext whether what stands around its images is told.
 * @throws GeminiImageError as `readPage`.
 */
export async function seenPage(
  file: PageFile,
  text: PageText,
  options: ReadOptions,
  needsContext: boolean,
): Promise<SeenPage> {
  const images = await explained(() =>
    imagesSeenOnPage(file.name, text.text, options, needsContext),
  );
  return { file, ...text, images };
}

/** The images of a page's text; an error of a parser says where it stands. */
export async function imagesIn(
  name: string,
  text: string,
  options: ReadOptions,
): Promise<PageImage[]> {
  return explained(() => imagesOfPage(name, text, options));
}

async function explained<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
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
