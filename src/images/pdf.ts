// PDF documents, which Gemini reads as they are: all pages in one request.
import { inflateSync } from 'node:zlib';
import { GeminiImageError } from '../domain/error.js';
import { type OpenImage, openFile, readAll } from './open/open.js';

/** What a file says about the document in it. */
export interface PdfFacts {
  /** Absent if the file does not say it in a way that is read here, as an encrypted one. */
  pages?: number;
  /** Whether the end of the file is missing. */
  isCutOff: boolean;
}

/** Larger files are sent too, but not searched for their number of pages. */
const MAX_SEARCHED = 104_857_600;

/** @throws GeminiImageError of kind `input` if the bytes can no longer be read. */
export async function readPdf(image: OpenImage): Promise<PdfFacts> {
  if (image.content.size > MAX_SEARCHED) return { isCutOff: false };
  const bytes = Buffer.from(await readAll(image));
  const pages = pagesOfPdf(bytes);
  return { ...(pages !== undefined && { pages }), isCutOff: !bytes.includes('%%EOF') };
}

/** How many pages a file has that is a PDF by its name; 1 for others, and where it does not say. */
export async function countPagesByName(path: string): Promise<number> {
  if (!/\.pdf$/i.test(path)) return 1;
  const { pages = 1 } = await readPdf(await openFile(path, {}));
  return pages;
}

/** The most bytes that all compressed objects of a file may come to. */
const MAX_INFLATED = 67_108_864;
/** More pages than any document has that a model reads. */
const MOST_PAGES = 1_000_000;

/**
 * The number of pages: that of the root of the page tree, to which the last trailer leads. Objects are
 * found by their marks rather than by the table of the file, since the last of each number counts.
 */
function pagesOfPdf(bytes: Buffer): number | undefined {
  try {
    const objects = objectsIn(bytes.toString('latin1'), bytes);
    const root = objects.of(objects.root);
    const tree = pagesIn(root);
    const [, count] = /\/Count\s+(\d{1,7})\b/.exec(objects.of(tree) ?? '') ?? [];
    const pages = Number(count);
    return pages >= 1 && pages <= MOST_PAGES ? pages : undefined;
  } catch (error) {
    if (error instanceof GeminiImageError) throw error;
    // It is damaged, or compressed in a way that is not read here.
    return undefined;
  }
}

interface Objects {
  /** The number of the catalog. */
  root: number | undefined;
  /** The dictionary of an object, as text. */
  of(number: number | undefined): string | undefined;
}

/** The dictionary before a stream is looked at up to here. */
const LONGEST_HEAD = 4096;
/** And an object up to here: a list of pages may be long. */
const LONGEST_OBJECT = 1_048_576;

function objectsIn(text: string, bytes: Buffer): Objects {
  const plain = new Map<number, number>();
  const packed = new Map<number, string>();
  let inflated = 0;
  for (const { index, 0: mark, 1: number } of text.matchAll(/\b(\d{1,8}) \d{1,5} obj\b/g)) {
    const start = index + mark.length;
    plain.set(Number(number), start);
    packed.delete(Number(number));
    const head = text.slice(start, start + LONGEST_HEAD);
    const dictionary = head.slice(0, Math.max(head.indexOf('stream'), 0));
    if (!/\/Type\s*\/ObjStm\b/.test(dictionary)) continue;
    const from =
      start + dictionary.length + (head.startsWith('stream\r\n', dictionary.length) ? 8 : 7);
    const end = text.indexOf('endstream', from);
    const inside = inflateSync(bytes.subarray(from, end < 0 ? bytes.length : end), {
      maxOutputLength: MAX_INFLATED - inflated,
    });
    inflated += inside.length;
    for (const [inner, value] of unpacked(inside.toString('latin1'), dictionary)) {
      packed.set(inner, value);
      plain.delete(inner);
    }
  }
  const roots = [...text.matchAll(/\/Root\s+(\d{1,8})\s+\d{1,5}\s+R\b/g)];
  const root = roots.at(-1)?.[1];
  return {
    root: root === undefined ? undefined : Number(root),
    of(number) {
      if (number === undefined) return undefined;
      const at = plain.get(number);
      const whole = at === undefined ? packed.get(number) : text.slice(at, at + LONGEST_OBJECT);
      return whole?.split(/\bendobj\b/, 1)[0];
    },
  };
}

/** The objects of a stream: pairs of number and place come first. */
function* unpacked(text: string, dictionary: string): Generator<[number, string], void, void> {
  const [, first = '0'] = /\/First\s+(\d{1,9})\b/.exec(dictionary) ?? [];
  const numbers = text.slice(0, Number(first)).trim().split(/\s+/).map(Number);
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const [number = 0, from = 0, , to] = numbers.slice(at, at + 4);
    const end = to === undefined ? text.length : Number(first) + to;
    yield [number, text.slice(Number(first) + from, end)];
  }
}

/** The number of the root of the page tree, which the catalog names. */
function pagesIn(catalog = ''): number | undefined {
  const [, number] = /\/Pages\s+(\d{1,8})\s+\d{1,5}\s+R\b/.exec(catalog) ?? [];
  return number === undefined ? undefined : Number(number);
}
