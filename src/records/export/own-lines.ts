import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject } from '../../domain/json.js';
import type { CaptionRecord } from '../../domain/record.js';
import { oneColumn } from '../../output/safe-text.js';
import { answersIn } from '../rows/picture-row.js';
import type { ExportPlan } from './export-format.js';

/**
 * Whether a file of JSON Lines holds nothing that its ledger does not have: each line is about one of
 * its pictures, and each of its texts is an answer about that picture, of today or replaced since.
 * Such a file can be made again, whoever made it.
 *
 * @param folder where the names in it start.
 */
export async function holdsOnlyKnown(
  plan: ExportPlan,
  path: string,
  folder: string,
): Promise<boolean> {
  const input = createReadStream(path, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '' && !isKnown(plan, line, folder)) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    input.destroy();
  }
}

function isKnown(plan: ExportPlan, line: string, folder: string): boolean {
  const value = parsed(line);
  if (!isObject(value) || typeof value.file_name !== 'string') return false;
  const known = textsAbout(plan, value.file_name, folder);
  if (known === undefined) return false;
  const { file_name: _, ...others } = value;
  return textsIn(others).every((text) => known.has(text));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function textsAbout(
  plan: ExportPlan,
  name: string,
  folder: string,
): ReadonlySet<string> | undefined {
  const { rows, options } = plan;
  const row = rows.find(join(folder, name)) ?? rows.find(name);
  if (row?.status !== 'ok') return undefined;
  return knownTexts([...row.records, ...rows.replacedAt(row.position)], options);
}

/** All texts that an export of these records may have had, as they are and as captions. */
export function knownTexts(
  records: readonly CaptionRecord[],
  { prefix, suffix }: { prefix: string; suffix: string },
): ReadonlySet<string> {
  const texts = new Set<string>();
  for (const record of records) {
    if (record.status === 'failed') continue;
    const values = answersIn(record).map(({ value }) => value);
    const lists = values.filter((value) => Array.isArray(value)).map((value) => value.join(', '));
    for (const text of [...textsIn([values, record.data, record.text, record.model]), ...lists]) {
      texts.add(text);
      texts.add(`${prefix}${text}${suffix}`);
      texts.add(`${prefix}${oneColumn(text).trim()}${suffix}`);
    }
  }
  return texts;
}

/** Every text in a value; numbers and names of fields are no one's words. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
