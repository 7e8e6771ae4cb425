// What is to be changed in one picture's metadata, decided field by field.
import { basename } from 'node:path';
import { inputError } from '../../domain/error.js';
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
import {
  DESCRIPTION_FIELD,
  type Field,
  fieldNamed,
  TAG_FIELDS,
  TITLE_FIELD,
  WRITER_FIELD,
} from './fields.js';
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

export interface PlannedChange extends FieldChange, WrittenField {
  /** Whether only a part of the answer has room in the field. */
  isCut?: true;
}

export interface Kept {
  field: string;
  why: Extract<Decision, { kind: 'kept' }>['why'];
}

/** What is known about a picture before it is written. */
export interface PictureState {
  /** The file that would be written. */
  file: MetadataFile;
  /** What this program has written into the file. */
  own: OwnFields | undefined;
  /** What else says something about the picture, which readers see where the file says nothing. */
  others: readonly OtherSource[];
}

/** The picture, or a sidecar, with what this program has written there. */
export interface OtherSource extends Pick<Embedded, 'packets' | 'words'> {
  own: OwnFields | undefined;
}

/** Notes a decision about a field; returns whether the answer is there, or will be. */
type Note = (field: Field, decision: Decision, wanted: Wanted & { isCut?: boolean }) => boolean;

/** Decides what to change so that the file says what the answers say, within the rules. */
export function planWriting(wanted: WantedWords, state: PictureState, rules: Rules): Plan {
  const changes: PlannedChange[] = [];
  const found: PlannedChange[] = [];
  const kept: Kept[] = [];
  const isSigned = String(state.file.read(fieldNamed(WRITER_FIELD)) ?? '').startsWith(SIGNATURE);
  const note: Note = (field, decision, { value, isEdited, isCut = false }) => {
    if (decision.kind === 'kept') kept.push({ field: field.name, why: decision.why });
    const there = state.file.read(field);
    if (decision.kind === 'write') {
      const change = changeOf(field, there, decision.value, isEdited);
      changes.push(isCut ? { ...change, isCut } : change);
    }
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
    const older =
      decision.kind === 'kept' ? [] : decideOlder(field, { value, isEdited }, state, rules);
    const stay = older.filter((one) => one.decision.kind === 'kept');
    // A text that says something else in an older form is somebody's, and programs show it.
    const noted = stay.length > 0 ? stay : [{ field, decision, value }, ...older];
    for (const one of noted) note(one.field, one.decision, { isEdited, ...one });
    const isTaken = decision.kind !== 'kept' && stay.length === 0;
    if (!isTaken) closed.add(field.name);
    if (
      isTaken &&
      decision.kind === 'write' &&
      (writer === undefined || field.name === DESCRIPTION_FIELD)
    ) {
      writer = told.writer;
    }
  }
  if (writer !== undefined && !closed.has(DESCRIPTION_FIELD)) {
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

/** Decides about the older forms of a text. */
function decideOlder(field: Field, { value, isEdited }: Wanted, state: PictureState, rules: Rules) {
  return state.file.older(field).map(({ field: older, shorten }) => {
    const fitting = shorten(value);
    const decision = decideText(standingOf(older, state), { value: fitting, isEdited }, rules);
    return { field: older, decision, value: fitting, isCut: !equal(fitting, value) };
  });
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

function standingOf(field: Field, { file, others, own }: PictureState): Standing {
  const there = file.read(field);
  const seen = file.readAny(field) ?? valueElsewhere(field, others);
  return { there, seen, own: own?.get(field.name) };
}

/** What another source says; our own words there are nobody's. */
function valueElsewhere(field: Field, others: readonly OtherSource[]): FieldValue | null {
  for (const { own, ...source } of others) {
    const value = embeddedValue(field, source);
    if (value === null) continue;
    const ours = own?.get(field.name);
    if (!ours) return value;
    const rest = typeof value === 'string' ? [] : withoutOwn(value, ours);
    if (typeof value === 'string' && !equal(value, ours.last)) return value;
    if (rest.length > 0) return rest;
  }
  return null;
}

/** What the picture's XMP says, or what its IPTC and EXIF say in the same field. */
function embeddedValue(
  field: Field,
  { packets, words }: Pick<OtherSource, 'packets' | 'words'>,
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
  for (const { field, shorten } of state.file.older(flat)) {
    const fitting = entriesOf(shorten([...tags]));
    const decided = decideTree(standingOf(field, state), [], fitting, NO_LEVELS, rules);
    note(field, decided, { value: fitting, isEdited, isCut: !equal(fitting, tags) });
  }
}

/** Between levels in a field that has none. */
const NO_LEVELS = '\0';

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
  const found: PlannedChange[] = [];
  const kept: Kept[] = [];
  for (const [name, { before, last }] of own) {
    const field = fieldNamed(name);
    const there = file.read(field);
    if (equal(there, before)) {
      // A crash came between an undoing and its record.
      if (!equal(before, last)) found.push(changeOf(field, last, there, false));
    } else if (equal(there, last) || force) changes.push(changeOf(field, there, before, false));
    else kept.push({ field: name, why: 'changed since' });
  }
  return { changes, found, kept };
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
  const olderThere = [TITLE_FIELD, DESCRIPTION_FIELD, TAG_FIELDS.flat].flatMap((name) =>
    file.older(fieldNamed(name)).map((older) => older.field.name),
  );
  for (const { field, old, new: value } of asked) {
    if (!field.property && !olderThere.includes(field.name)) {
      throw inputError(
        `${basename(file.path)} has no ${field.name}, and gets none`,
        'Take the line out: only what is there is kept in step.',
      );
    }
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
