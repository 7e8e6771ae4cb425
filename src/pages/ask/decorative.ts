import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isObject } from '../../domain/json.js';
import type { PagePlace } from '../../domain/known.js';
import { answersIn } from '../../storage/cache-folder.js';
import { placeKey } from './uses.js';

/**
 * Images that were found to be decorative in a language that cannot say so: an empty text in Markdown
 * would count as missing for ever.
 */
export interface Decorative {
  readonly isEmpty: boolean;
  /** Whether it has a picture at any place. */
  knows(id: string): boolean;
  has(id: string, place: PagePlace): boolean;
  add(id: string, place: PagePlace): Promise<void>;
}

/**
 * Opens the memory of the cache.
 *
 * @param folder that of the cache; undefined if nothing is to be kept.
 * @param ledger a file of results, which says the same.
 */
export async function openDecorative(
  folder: string | undefined,
  ledger?: string | undefined,
): Promise<Decorative> {
  const path = folder === undefined ? undefined : join(answersIn(folder), 'decorative');
  const lines = path === undefined ? '' : await readFile(path, 'utf8').catch(() => '');
  const known = new Set<string>();
  const pictures = new Set<string>();
  const note = (print: string) => {
    known.add(print);
    pictures.add(print.slice(0, DIGITS));
  };
  for (const print of lines.split('\n')) if (print !== '') note(print);
  if (ledger !== undefined) for (const print of await decorativeIn(ledger)) note(print);
  return {
    get isEmpty() {
      return known.size === 0;
    },
    knows: (id) => pictures.has(digest(id)),
    has: (id, place) => known.has(printOf(id, place)),
    async add(id, place) {
      const print = printOf(id, place);
      if (path === undefined || known.has(print)) return;
      note(print);
      // If it cannot be kept, the image is asked about again, from the cache.
      await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(() => undefined);
      await appendFile(path, `${print}\n`).catch(() => undefined);
    },
  };
}

const DIGITS = 32;

/** The digest of a picture's name, and that of its place. */
function printOf(id: string, place: PagePlace): string {
  return digest(id) + digest(placeKey(id, place));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}

/** The images that the records of a ledger call decorative; the last record of a place counts. */
async function decorativeIn(ledger: string): Promise<string[]> {
  const text = await readFile(ledger, 'utf8').catch(() => '');
  const last = new Map<string, boolean>();
  for (const line of text.split('\n')) {
    if (!line.includes('"decorative"')) continue;
    const record = parsed(line);
    if (!isObject(record) || !isObject(record.data) || !isObject(record.known)) continue;
    const { image, data, known } = record;
    const { page } = known;
    if (typeof image !== 'string' || !isPlace(page) || 'verdicts' in data) continue;
    last.set(printOf(image, page), data.decorative === true);
  }
  return [...last].flatMap(([print, isDecorative]) => (isDecorative ? [print] : []));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isPlace(value: unknown): value is PagePlace {
  return isObject(value) && Array.isArray(value.at);
}
