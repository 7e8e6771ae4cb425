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
  const known = new Set(lines.split('\n'));
  if (ledger !== undefined) for (const one of await decorativeIn(ledger)) known.add(one);
  return {
    has: (id, place) => known.has(printOf(id, place)),
    async add(id, place) {
      const print = printOf(id, place);
      if (path === undefined || known.has(print)) return;
      known.add(print);
      // If it cannot be kept, the image is asked about again, from the cache.
      await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(() => undefined);
      await appendFile(path, `${print}\n`).catch(() => undefined);
    },
  };
}

function printOf(id: string, place: PagePlace): string {
  return createHash('sha256').update(placeKey(id, place)).digest('hex').slice(0, 32);
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
