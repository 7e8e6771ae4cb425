// Change sets: what `write --dry-run` prints, one change a line, and `write --from` takes.
import { open } from 'node:fs/promises';
import { usageError } from '../../domain/error.js';
import { isObject, jsonLine } from '../../domain/json.js';
import type { FieldValue } from '../../domain/record.js';
import { whyUnread } from '../../domain/system-errors.js';
import { fieldNamed } from './fields.js';
import type { AskedChange, PlannedChange } from './plan.js';
import { storable } from './storable.js';

/** The changes of one picture, as a change set names them. */
export interface ChangesOfFile {
  /** The picture, as the ledger names it. */
  file: string;
  /** The file that is to be written, in the folder of the picture. */
  to: string | undefined;
  ledger: string | undefined;
  changes: AskedChange[];
}

/** One line for each change; `ledger` is where the writing is to be recorded. */
export function changeLines(
  { file, to, ledger }: { file: string; to: string; ledger: string },
  changes: readonly PlannedChange[],
): string {
  return changes
    .map(({ field, old, new: value }) =>
      jsonLine({ file, to, field: field.name, old, new: value, ledger }),
    )
    .join('');
}

/** More than any list of changes has in one line. */
const MOST_LINE = 1_048_576;

/**
 * Reads a change set; the changes of one picture stand on lines that follow each other.
 *
 * @throws GeminiImageError of kind `usage` if it cannot be read, or a line is no change.
 */
export async function* readChangeSet(path: string): AsyncGenerator<ChangesOfFile, void, void> {
  const file = await open(path).catch((error: unknown) => {
    throw usageError(`${path} cannot be read: ${whyUnread(error)}`, MAKE_ONE, error);
  });
  try {
    let current: ChangesOfFile | undefined;
    let number = 0;
    for await (const line of file.readLines()) {
      number += 1;
      const text = line.replace(/^\uFEFF/, '').trim();
      if (text === '') continue;
      const { change, ...of } = parseLine(text, `${path}, line ${number}`);
      if (current && (current.file !== of.file || current.to !== of.to)) {
        yield current;
        current = undefined;
      }
      current ??= { ...of, changes: [] };
      current.changes.push(change);
    }
    if (current) yield current;
  } finally {
    await file.close();
  }
}

const MAKE_ONE = 'gemini-image write captions.jsonl --dry-run prints one.';

function parseLine(
  text: string,
  where: string,
): Omit<ChangesOfFile, 'changes'> & { change: AskedChange } {
  const value = text.length > MOST_LINE ? undefined : parsed(text);
  if (!isObject(value) || typeof value.file !== 'string' || typeof value.field !== 'string') {
    throw usageError(`${where} is no change: it has to be an object with file and field`, MAKE_ONE);
  }
  const { file, field, to, ledger } = value;
  if (to !== undefined && (typeof to !== 'string' || !/^[^/\\]+$/.test(to))) {
    throw usageError(`${where}: to is not the name of the picture or of its sidecar`, MAKE_ONE);
  }
  return {
    file,
    to,
    ledger: typeof ledger === 'string' ? ledger : undefined,
    change: {
      field: fieldNamed(field),
      old: asValue(value.old, where),
      new: asNewValue(value.new, where),
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asNewValue(value: unknown, where: string): FieldValue | null {
  const asked = asValue(value, where);
  return typeof asked === 'string' ? storable(asked) || null : (asked?.map(storable) ?? null);
}

function asValue(value: unknown, where: string): FieldValue | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const texts = value.filter((one) => typeof one === 'string' && one.trim() !== '');
    if (texts.length === value.length) return texts.length === 0 ? null : texts;
  }
  throw usageError(`${where}: old and new are a text, a list of texts, or null`, MAKE_ONE);
}
