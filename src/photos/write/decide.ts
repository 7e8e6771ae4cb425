// Whether an answer may go into a field: by what we wrote last, what is there now, and what is new.
import type { FieldValue } from '../../domain/record.js';
import { entriesOf, equal, type OwnField, withoutOwn } from '../written.js';

/**
 * `fill` writes what is empty, `append` adds tags as well, `replace` also takes the place of what was
 * there before this program wrote. In each, our own words make room for newer ones.
 */
export type Merge = 'fill' | 'append' | 'replace';

export interface Rules {
  merge: Merge;
  /** Whether even what a person has changed since our last writing is replaced. */
  force: boolean;
}

/** What is known about a field before it is written. */
export interface Standing {
  /** What is in the file that would be written; null for nothing. */
  there: FieldValue | null;
  /** What readers see: the same, or what the picture itself says if a sidecar does not have it. */
  seen: FieldValue | null;
  /** What this program wrote there, if it did. */
  own: OwnField | undefined;
}

/** What an answer wants a field to be, and whether a person wrote it. */
export interface Wanted {
  value: FieldValue;
  isEdited: boolean;
}

export type Decision =
  | { kind: 'write'; value: FieldValue }
  /** It is there already. */
  | { kind: 'same' }
  /** Somebody's words stay: they were there before, or a person has changed ours. */
  | { kind: 'kept'; why: 'there before' | 'changed since' };

/** Decides about a text. */
export function decideText(
  { there, seen, own }: Standing,
  { value, isEdited }: Wanted,
  { merge, force }: Rules,
): Decision {
  if (equal(there, value)) return { kind: 'same' };
  const write = { kind: 'write', value } as const;
  if (own) {
    const isOurs = equal(there, own.last) && (!own.isEdited || isEdited);
    return isOurs || force ? write : { kind: 'kept', why: 'changed since' };
  }
  if (isEmpty(seen) || merge === 'replace') return write;
  return equal(seen, value) ? { kind: 'same' } : { kind: 'kept', why: 'there before' };
}

/**
 * Decides about tags, which are a list: with `append`, it becomes the union of what is there and what
 * is new. A tag that a person has removed does not come back.
 */
export function decideTags(
  { there, seen, own }: Standing,
  { value, isEdited }: Wanted,
  { merge, force }: Rules,
): Decision {
  const fresh = entriesOf(value);
  const now = entriesOf(own ? there : seen);
  const isChanged = own !== undefined && (!equal(there, own.last) || (own.isEdited && !isEdited));
  const removed = removedBy(now, own, force);
  const wanted = fresh.filter((tag) => !removed.has(tag));
  if (merge === 'append') return resultOf(there, union(now, wanted));
  if (isChanged && !force) return { kind: 'kept', why: 'changed since' };
  if (merge === 'replace') return resultOf(there, wanted);
  if (own) return resultOf(there, union(withoutOwn(now, own), wanted));
  if (now.length === 0) return resultOf(there, wanted);
  return wanted.every((tag) => has(now, tag))
    ? { kind: 'same' }
    : { kind: 'kept', why: 'there before' };
}

/** The entries of ours that a person has taken out, now or between two earlier writings. */
export function removedBy(
  now: readonly string[],
  own: OwnField | undefined,
  force: boolean,
): ReadonlySet<string> {
  if (!own || force) return new Set();
  return new Set([...own.removed, ...entriesOf(own.last).filter((entry) => !now.includes(entry))]);
}

function resultOf(there: FieldValue | null, value: readonly string[]): Decision {
  return equal(there, value) || (value.length === 0 && isEmpty(there))
    ? { kind: 'same' }
    : { kind: 'write', value };
}

export function isEmpty(value: FieldValue | null): boolean {
  return entriesOf(value).every((entry) => entry.trim() === '');
}

/** Both lists, the first one first; a word that differs only in its capitals comes once. */
export function union(first: readonly string[], second: readonly string[]): string[] {
  const all = [...first];
  const seen = new Set(first.map((entry) => entry.toLowerCase()));
  for (const entry of second) {
    if (seen.has(entry.toLowerCase())) continue;
    seen.add(entry.toLowerCase());
    all.push(entry);
  }
  return all;
}

function has(list: readonly string[], entry: string): boolean {
  return list.some((one) => one.toLowerCase() === entry.toLowerCase());
}
