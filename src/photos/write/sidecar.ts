// An XMP sidecar as a place for answers: chosen by its name, read, and written whole.
import type { Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { errorCode, inputError } from '../../domain/error.js';
import type { FieldValue } from '../../domain/record.js';
import { isPictureName, isRawName } from '../../images/find/looks-like-picture.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import { withTemporary } from '../../storage/temporary-file.js';
import { readSidecar } from '../says.js';
import { findSidecars, type SidecarNaming, sidecarPath } from '../sidecar-names.js';
import { ANY_LANGUAGE, emptyPacket, type Packet, parsePacket } from '../xmp/packet.js';
import type { Field } from './fields.js';
import { type ChangeOptions, giveWay, stateOf } from './give-way.js';
import type { FieldChange, MetadataFile } from './metadata-file.js';

/**
 * Says which sidecar belongs to a picture: the one that is there, or one to be made. A folder is read
 * once, as long as pictures of the same folder follow each other.
 */
export function sidecarChooser(wanted: SidecarNaming | undefined) {
  let known: { folder: string; twins: ReadonlyMap<string, readonly string[]> } | undefined;
  const twinsOf = async (picture: string) => {
    const folder = dirname(picture);
    if (known?.folder !== folder) known = { folder, twins: await picturesByStem(folder) };
    const stem = basename(picture, extname(picture));
    return (known.twins.get(stem) ?? []).filter((name) => name !== basename(picture));
  };
  /** @throws GeminiImageError of kind `input` if it is not certain which one it is. */
  return async (picture: string): Promise<string> => {
    const { adobe, full } = findSidecars(picture);
    const [twin] = await twinsOf(picture);
    // Of two pictures with one stem, the one that a short name belongs to is not known.
    if (twin !== undefined) {
      if (full !== undefined) return full;
      if (wanted === 'full') return sidecarPath(picture, 'full');
      throw inputError(
        `${basename(sidecarPath(picture, 'adobe'))} would be the sidecar of ${twin}, too`,
        `Give --xmp-name full, with which this one is ${basename(sidecarPath(picture, 'full'))}.`,
      );
    }
    if (adobe !== undefined && full !== undefined) {
      throw inputError(
        `it has two sidecars, ${basename(adobe)} and ${basename(full)}`,
        'Keep the one that your programs read, and move the other one away.',
      );
    }
    return adobe ?? full ?? sidecarPath(picture, wanted ?? 'adobe');
  };
}

async function picturesByStem(folder: string): Promise<Map<string, string[]>> {
  const stems = new Map<string, string[]>();
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isPictureName(name) && !isRawName(name)) continue;
    const stem = basename(name, extname(name));
    stems.set(stem, [...(stems.get(stem) ?? []), name]);
  }
  return stems;
}

/**
 * Opens a sidecar; one that is missing counts as empty.
 *
 * @throws GeminiImageError of kind `input` if it cannot be read as XMP: it is left as it is.
 */
export async function openSidecar(path: string, options: ChangeOptions): Promise<MetadataFile> {
  const before = await stateOf(path, HINT);
  const packet = before ? parsePacket(await readSidecar(path)) : emptyPacket();
  return {
    path,
    isPicture: false,
    exists: before !== undefined,
    read: (field) => valueIn(packet, field),
    readAny: (field) => anyValueIn(packet, field),
    older: () => [],
    async write(changes) {
      expectPlain([packet], changes, path);
      for (const { field, value } of changes) change(packet, field, value);
      const text = packet.serialize();
      expectWritten(text, changes, path);
      await replace(path, packet.isOwnAndEmpty ? undefined : text, before, options);
      return undefined;
    },
  };
}

/** @throws GeminiImageError of kind `input` if a field that is to be changed has parts of its own. */
export function expectPlain(
  packets: readonly Packet[],
  changes: readonly FieldChange[],
  path: string,
): void {
  for (const { name, property } of changes.map(({ field }) => field)) {
    if (!property || !packets.some((packet) => packet.isStructure(property))) continue;
    throw inputError(
      `${name} in ${basename(path)} has parts of its own, and is left as it is`,
      'Map the answer to another field with --map.',
    );
  }
}

export function valueIn(packet: Packet, { property, kind, language }: Field): FieldValue | null {
  if (!property) return null;
  if (kind === 'bag' || kind === 'seq') {
    const list = packet.list(property);
    return list.length === 0 ? null : list;
  }
  if (kind === undefined) {
    const list = packet.list(property);
    if (list.length > 1) return list;
  }
  return packet.text(property, kind === 'lang' ? language : undefined) ?? null;
}

/** A text in one language says something to those who want any. */
export function anyValueIn(packet: Packet, field: Field): FieldValue | null {
  const isForAll = field.kind === 'lang' && field.language === ANY_LANGUAGE;
  const text = isForAll && field.property ? packet.text(field.property) : undefined;
  return valueIn(packet, field) ?? text ?? null;
}

function change(packet: Packet, field: Field, value: FieldValue | null) {
  const { name, property, kind, language } = field;
  if (!property) throw new Error(`${name} is no field of a sidecar`);
  if (kind === 'lang') {
    const text = value === null || typeof value === 'string' ? value : value.join('; ');
    packet.setText(property, 'lang', text ?? undefined, language);
  } else if (kind === 'bag' || kind === 'seq' || (value !== null && typeof value !== 'string')) {
    const list = value === null ? [] : typeof value === 'string' ? [value] : value;
    packet.setList(property, kind === 'seq' ? 'seq' : 'bag', list);
  } else packet.setText(property, 'text', value ?? undefined);
}

/** Reads the new text as another program will, before it takes the place of the old one. */
function expectWritten(text: string, changes: readonly FieldChange[], path: string): void {
  const packet = parsePacket(text);
  for (const { field, value } of changes) {
    const now = valueIn(packet, field);
    const isRight = JSON.stringify(value) === JSON.stringify(now) || isSameList(value, now);
    if (!isRight) throw new Error(`${field.name} in ${path} is not what was to be written`);
  }
}

function isSameList(one: FieldValue | null, other: FieldValue | null): boolean {
  const [some, others] = [one, other].map((value) => [value ?? []].flat().toSorted().join('\0'));
  return some === others;
}

const HINT = 'The sidecar is as it was; the other pictures are written.';

/** Puts the new content in the place of the old one; undefined removes the file. */
async function replace(
  path: string,
  text: string | undefined,
  before: Stats | undefined,
  options: ChangeOptions,
): Promise<void> {
  const { target } = await outputTarget(path, options.untouchable, HINT);
  try {
    await withTemporary(target, text ?? '', (temporary) =>
      giveWay({ path, target, before, by: text === undefined ? undefined : temporary }, options),
    );
  } catch (error) {
    throw errorCode(error) === undefined ? error : writeFailure(path, error, HINT);
  }
}
