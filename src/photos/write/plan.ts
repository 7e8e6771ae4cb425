// What is to be changed in one picture's metadata, decided field by field.
import type { FieldValue, WrittenField } from '../../domain/record.js';
import type { Embedded } from '../says.js';
import { entriesOf, equal, type OwnFields, withoutOwn } from '../written.js';
import {
  type Decision,
  decideTags,
  decideText,
  type Rules,
  removedBy,
  type Standing,
  union,
  type Wanted,
} from './decide.js';
import { DESCRIPTION_FIELD, type Field, fieldNamed, TAG_FIELDS, WRITER_FIELD } from './fields.js';
import type { FieldChange, MetadataFile } from './metadata-file.js';
import { anyValueIn } from './sidecar.js';
import type { WantedTags, WantedWords } from './wanted.js';

/** The changes of one picture, and what stays although an answer would have it otherwise. */
export interface Plan {
  changes: readonly PlannedChange[];
  /**
   * Fields that say what was to be written, by our own hand, although no record says that it was: a
   * crash came between the two.
   */
  found: readonly PlannedChange[];
  kept: readonly Kept[];
}

export interface PlannedChange extends FieldChange, WrittenField {}

export interface Kept {
  field: string;
  why: Extract<Decision, { kind: 'kept' }>['why'];
}

/** What is known about a picture before it is written. */
export interface PictureState {
  /** The file that would be written. */
  file: MetadataFile;
  /** What the picture itself says, which readers see where a sidecar says nothing. */
  embedded: Pick<Embedded, 'packets' | 'words'>;
  /** What this program has written into the file. */
  own: OwnFields | undefined;
}

/** Notes a decision about a field; returns whether the answer is there, or will be. */
type Note = (field: Field, decision: Decision, wanted: Wanted) => boolean;

/** Decides what to change so that the file says what the answers say, within the rules. */
export function planWriting(wanted: WantedWords, state: PictureState, rules: Rules): Plan {
  const changes: PlannedChange[] = [];
  const found: PlannedChange[] = [];
  const kept: Kept[] = [];
  const isSigned = String(state.file.read(fieldNamed(WRITER_FIELD)) ?? '').startsWith(SIGNATURE);
  const note: Note = (field, decision, { value, isEdited }) => {
    if (decision.kind === 'kept') kept.push({ field: field.name, why: decision.why });
    const there = state.file.read(field);
    if (decision.kind === 'write') changes.push(changeOf(field, there, decision.value, isEdited));
    const isFound = decision.kind === 'same' && isSigned && there !== null && equal(there, value);
    if (isFound && !state.own?.has(field.name)) {
      found.push(changeOf(field, null, there, isEdited));
    }
    return decision.kind !== 'kept';
  };
  let writer: string | undefined;
  /** Texts for all languages that stay somebody else's. */
  const closed = new Set<string>();
  for (const { field, value, isEdited, isVariant, ...told } of wanted.fields) {
    // One language of a text does not go beside words of somebody else in another one.
    if (isVariant && closed.has(field.name.slice(0, -field.language.length - 1))) continue;
    const decision = decideText(standingOf(field, state), { value, isEdited }, rules);
    const isTaken = note(field, decision, { value, isEdited });
    if (!isTaken) closed.add(field.name);
    if (decision.kind === 'write' && (writer === undefined || field.name === DESCRIPTION_FIELD)) {
      writer = told.writer;
    }
  }
  if (writer !== undefined && !kept.some(({ field }) => field === DESCRIPTION_FIELD)) {
    signAs(writer);
  }
  if (wanted.tags) planTags(wanted.tags, state, rules, note);
  const signature = fieldNamed(WRITER_FIELD);
  if (found.length > 0 && !state.own?.has(WRITER_FIELD)) {
    found.push(changeOf(signature, null, state.file.read(signature), false));
  }
  return { changes, found, kept };

  /** Says who wrote the description, unless it is somebody else's. */
  function signAs(name: string): void {
    const description = standingOf(fieldNamed(DESCRIPTION_FIELD), state);
    const isWritten = changes.some(({ field }) => field.name === DESCRIPTION_FIELD);
    const isOthers = description.seen !== null && !description.own && !isWritten;
    if (isOthers) return;
    const field = fieldNamed(WRITER_FIELD);
    const decision = decideText(
      standingOf(field, state),
      { value: name, isEdited: false },
      { ...rules, merge: isWritten ? rules.merge : 'fill' },
    );
    if (decision.kind === 'write') note(field, decision, { value: name, isEdited: false });
  }
}

/** How `CaptionWriter` begins where a model wrote. */
const SIGNATURE = 'gemini-image ';

function changeOf(
  field: Field,
  old: FieldValue | null,
  value: FieldValue | null,
  isEdited: boolean,
): PlannedChange {
  return { field, value, old, new: value, ...(isEdited && { edited: true }) };
}

function standingOf(field: Field, { file, embedded, own }: PictureState): Standing {
  const there = file.read(field);
  const seen = file.readAny(field) ?? embeddedValue(field, embedded);
  return { there, seen, own: own?.get(field.name) };
}

/** What the picture's XMP says, or what its IPTC and EXIF say in the same field. */
function embeddedValue(
  field: Field,
  { packets, words }: PictureState['embedded'],
): FieldValue | null {
  for (const packet of packets) {
    const value = anyValueIn(packet, field);
    if (value !== null && entriesOf(value).length > 0) return value;
  }
  const { title, description, writer, keywords } = words;
  switch (field.name) {
    case 'XMP-dc:Title':
      return title ?? null;
    case DESCRIPTION_FIELD:
      return description ?? null;
    case WRITER_FIELD:
      return writer ?? null;
    case TAG_FIELDS.flat:
      return keywords.length > 0 ? keywords : null;
    default:
      return null;
  }
}

/** Fields with paths, and the sign between the levels. */
const PATHS = [
  { name: TAG_FIELDS.lightroom, sign: '|' },
  { name: TAG_FIELDS.digikam, sign: '/' },
] as const;

/**
 * Plans the plain tags, and those with paths. Some programs read only the first of these fields that is
 * there, so whatever is written into one of them holds the keywords of all.
 */
function planTags(
  { words, paths, isEdited, trees: asked }: WantedTags,
  state: PictureState,
  rules: Rules,
  note: Note,
): void {
  const flat = fieldNamed(TAG_FIELDS.flat);
  const plain = standingOf(flat, state);
  const trees = PATHS.map(({ name, sign }) => {
    const field = fieldNamed(name);
    return { field, sign, standing: standingOf(field, state) };
  });
  // A picture whose keywords stand in paths alone has keywords, too.
  const leaves = trees.flatMap(({ sign, standing: { seen } }) =>
    entriesOf(seen).map((path) => path.split(sign).at(-1) ?? path),
  );
  const seen = plain.seen ?? (leaves.length > 0 ? union([], leaves) : null);
  const decision = decideTags({ ...plain, seen }, { value: words, isEdited }, rules);
  if (!note(flat, decision, { value: words, isEdited })) return;
  const tags = decision.kind === 'write' ? entriesOf(decision.value) : entriesOf(seen);
  for (const { field, sign, standing } of trees) {
    const ours = paths.map((levels) => levels.join(sign));
    const isUsed = ours.length > 0 || entriesOf(standing.seen).length > 0;
    if (!isUsed && !asked.has(field.name)) continue;
    note(field, decideTree(standing, ours, tags, sign, rules), { value: ours, isEdited });
  }
}

function decideTree(
  { there, seen, own }: Standing,
  ours: readonly string[],
  tags: readonly string[],
  sign: string,
  { merge, force }: Rules,
): Decision {
  const now = entriesOf(own ? there : seen);
  if (own && !equal(there, own.last) && !force && merge !== 'append') {
    return { kind: 'kept', why: 'changed since' };
  }
  const removed = removedBy(now, own, force);
  const fresh = ours.filter((path) => !removed.has(path));
  const base = merge === 'append' ? now : merge === 'replace' ? [] : withoutOwn(now, own);
  const all = union(base, fresh);
  const levels = new Set(all.flatMap((path) => path.split(sign)).map((word) => word.toLowerCase()));
  const uncovered = tags.filter((tag) => !levels.has(tag.toLowerCase()) && !removed.has(tag));
  const value = union(all, uncovered);
  return equal(there, value) ? { kind: 'same' } : { kind: 'write', value };
}

/**
 * Plans to put back what was there before this program wrote, where nobody has changed it since.
 */
export function planUndoing(own: OwnFields, file: MetadataFile, force: boolean): Plan {
  const changes: PlannedChange[] = [];
  const kept: Kept[] = [];
  for (const [name, { before, last }] of own) {
    const field = fieldNamed(name);
    const there = file.read(field);
    if (equal(there, before)) continue;
    if (equal(there, last) || force) changes.push(changeOf(field, there, before, false));
    else kept.push({ field: name, why: 'changed since' });
  }
  return { changes, found: [], kept };
}

/** One line of a change set. */
export interface AskedChange {
  field: Field;
  old: FieldValue | null;
  new: FieldValue | null;
}

/**
 * Plans the changes of an edited change set, where the file still says what it said when they were
 * listed.
 *
 * @param proposed what the answers would have changed: anything else is a person's.
 */
export function planAsked(
  asked: readonly AskedChange[],
  proposed: Plan,
  file: MetadataFile,
  force: boolean,
): Plan {
  const changes: PlannedChange[] = [];
  const kept: Kept[] = [];
  for (const { field, old, new: value } of asked) {
    const there = file.read(field);
    if (equal(there, value)) continue;
    if (!equal(there, old) && !force) {
      kept.push({ field: field.name, why: 'changed since' });
      continue;
    }
    const same = proposed.changes.find((change) => change.field.name === field.name);
    changes.push(changeOf(field, there, value, !same || !equal(same.value, value)));
  }
  return { changes, found: [], kept };
}
