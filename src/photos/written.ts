// What this program has written into a picture before, as its ledger tells.
import { basename } from 'node:path';
import type { FieldValue, OkRecord, TogetherOkRecord, Written } from '../domain/record.js';
import type { Finished } from '../storage/ledger/ledger.js';
import { ledgerKey } from '../storage/ledger/ledger-key.js';
import { sidecarPath } from './sidecar-names.js';

/** A field that was written before. */
export interface OwnField {
  /** What stood there before the first writing; null for nothing. */
  readonly before: FieldValue | null;
  /** What was written last. */
  readonly last: FieldValue | null;
  /** Whether a person wrote those words. */
  readonly isEdited: boolean;
  /** The entries of a list of ours that a person has removed between two writings. */
  readonly removed: readonly string[];
}

/** The fields that were written into one file, by their names. */
export type OwnFields = ReadonlyMap<string, OwnField>;

/** What was written about a picture, by the name of the file in its folder. */
export type OwnWriting = ReadonlyMap<string, OwnFields>;

/** @param records of one picture, the newest first. */
function ownWriting(records: readonly (OkRecord | TogetherOkRecord)[]): OwnWriting {
  const writings: Written[] = records.flatMap((record) =>
    'written' in record && record.written ? [record.written] : [],
  );
  const files = new Map<string, Map<string, OwnField>>();
  for (const { to, fields } of writings.reverse()) {
    const own = files.get(to) ?? new Map<string, OwnField>();
    files.set(to, own);
    for (const [name, field] of Object.entries(fields)) {
      const earlier = own.get(name);
      const before = earlier ? humanPart(field.old, earlier) : field.old;
      const removed = [...(earlier?.removed ?? []), ...missingIn(field.old, earlier?.last ?? null)];
      const last = field.new;
      const isEdited = field.edited === true;
      // After an undoing, nothing of this program is there any more.
      if (equal(before, last) && !isEdited) own.delete(name);
      else own.set(name, { before, last, isEdited, removed: missingIn(last, removed) });
    }
  }
  return files;
}

/** What is a person's in a field that was written before: all of a changed text, some of a list. */
function humanPart(now: FieldValue | null, own: OwnField): FieldValue | null {
  if (equal(now, own.last)) return own.before;
  if (typeof now === 'string' || now === null) return now;
  const entries = withoutOwn(now, own);
  return entries.length === 0 ? null : entries;
}

/** The entries that a list does not have. A text is one entry, and nobody removes words from it. */
function missingIn(list: FieldValue | null, entries: FieldValue | null): string[] {
  if (typeof entries === 'string') return [];
  const there = entriesOf(list);
  return entriesOf(entries).filter((entry) => !there.includes(entry));
}

/** What a ledger knows of pictures. */
export type History = Pick<Finished, 'recordsUnder' | 'recordOf'>;

/**
 * What was written into a picture and its sidecars, also under the name that it had before.
 *
 * @param image the picture's name in the ledger.
 * @param identify finds out the identity of the picture; called if the ledger does not have the name.
 */
export async function writingOf(
  image: string,
  history: History,
  identify: () => Promise<string | undefined>,
): Promise<OwnWriting> {
  const records: (OkRecord | TogetherOkRecord)[] = [];
  for await (const record of history.recordsUnder(ledgerKey([image]))) records.push(record);
  const before = await nameBefore(image, records, history, identify);
  if (before !== undefined) {
    for await (const record of history.recordsUnder(ledgerKey([before]))) {
      records.push(renamed(record, before, image));
    }
  }
  return ownWriting(records);
}

/** The name under which a picture was asked about first, if it is another one. */
async function nameBefore(
  image: string,
  records: readonly (OkRecord | TogetherOkRecord)[],
  { recordOf }: History,
  identify: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const isOther = (name: string) => ledgerKey([name]) !== ledgerKey([image]);
  if (records.length > 0) {
    return records.flatMap(({ copiedFrom }) => copiedFrom ?? []).find(isOther);
  }
  const identity = await identify();
  const record = identity === undefined ? undefined : await recordOf(identity);
  return record && 'image' in record && isOther(record.image) ? record.image : undefined;
}

/** A record whose writing names the files of the picture as they are called now. */
function renamed(
  record: OkRecord | TogetherOkRecord,
  old: string,
  now: string,
): OkRecord | TogetherOkRecord {
  if (!('written' in record) || !record.written) return record;
  const nameOf = (path: string) => basename(path);
  const pairs = new Map([
    [nameOf(old), nameOf(now)],
    ...(['adobe', 'full'] as const).map(
      (naming) => [nameOf(sidecarPath(old, naming)), nameOf(sidecarPath(now, naming))] as const,
    ),
  ]);
  const { written } = record;
  return { ...record, written: { ...written, to: pairs.get(written.to) ?? written.to } };
}

/** Whether two values are the same; the order of a list says nothing. */
export function equal(one: FieldValue | null, other: FieldValue | null): boolean {
  if (one === null || other === null) return one === other;
  const [some, others] = [entriesOf(one), entriesOf(other)].map((entries) => entries.toSorted());
  return JSON.stringify(some) === JSON.stringify(others);
}

export function entriesOf(value: FieldValue | null): readonly string[] {
  if (value === null) return [];
  return typeof value === 'string' ? [value] : value;
}

/**
 * What would stand in a field if this program had never written it: our words are taken out, and what
 * they replaced is put back. What people have added since stays.
 */
export function withoutOwn(now: readonly string[], own: OwnField | undefined): string[] {
  if (!own) return [...now];
  const [before, last] = [own.before, own.last].map((value) => new Set(entriesOf(value)));
  const ours = (word: string) => last?.has(word) && !before?.has(word);
  const replaced = [...(before ?? [])].filter((word) => !last?.has(word));
  return [...new Set([...now.filter((word) => !ours(word)), ...replaced])];
}
