// An XMP sidecar as a place for answers: chosen by its name, read, and written whole.
import type { Stats } from 'node:fs';
import { chmod, chown, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { errorCode, inputError } from '../../domain/error.js';
import type { FieldValue } from '../../domain/record.js';
import { isPictureName, isRawName } from '../../images/find/looks-like-picture.js';
import { unwritable, writeFailure } from '../../storage/errors.js';
import { syncFolder } from '../../storage/ledger/appender.js';
import { outputTarget } from '../../storage/output-target.js';
import { withTemporary } from '../../storage/temporary-file.js';
import { readSidecar } from '../says.js';
import { findSidecars, type SidecarNaming, sidecarPath } from '../sidecar-names.js';
import { ANY_LANGUAGE, emptyPacket, type Packet, parsePacket } from '../xmp/packet.js';
import type { Field } from './fields.js';
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
 * @param untouchable files that must not be written over.
 * @throws GeminiImageError of kind `input` if it cannot be read as XMP: it is left as it is.
 */
export async function openSidecar(
  path: string,
  untouchable: readonly string[],
): Promise<MetadataFile> {
  const before = await stateOf(path);
  const packet = before ? parsePacket(await readSidecar(path)) : emptyPacket();
  return {
    path,
    exists: before !== undefined,
    read: (field) => valueIn(packet, field),
    readAny: (field) => anyValueIn(packet, field),
    async write(changes) {
      for (const { field } of changes) {
        if (packet.isStructure(field.property)) {
          throw inputError(
            `${field.name} in ${basename(path)} has parts of its own, and is left as it is`,
            'Map the answer to another field with --map.',
          );
        }
      }
      for (const { field, value } of changes) change(packet, field, value);
      const text = packet.serialize();
      expectWritten(text, changes, path);
      await replace(path, packet.isOwnAndEmpty ? undefined : text, before, untouchable);
    },
  };
}

export function valueIn(packet: Packet, { property, kind, language }: Field): FieldValue | null {
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
  return valueIn(packet, field) ?? (isForAll ? (packet.text(field.property) ?? null) : null);
}

function change(packet: Packet, { property, kind, language }: Field, value: FieldValue | null) {
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

async function stateOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw writeFailure(path, error, HINT);
  });
}

const HINT = 'The sidecar is as it was; the other pictures are written.';

/**
 * Puts the new content in the place of the old one, through a link, with the permissions and, where
 * the system allows it, the owner of the old one.
 *
 * @param text undefined removes the file.
 */
async function replace(
  path: string,
  text: string | undefined,
  before: Stats | undefined,
  untouchable: readonly string[],
): Promise<void> {
  const { target } = await outputTarget(path, untouchable, HINT);
  try {
    await withTemporary(target, text ?? '', async (temporary) => {
      if (before) {
        await chmod(temporary, before.mode & 0o7777);
        // Only the system's administrator may give a file to another user.
        await chown(temporary, before.uid, before.gid).catch(() => undefined);
      }
      await expectUnchanged(path, before);
      if (text === undefined) await rm(target, { force: true });
      else await rename(temporary, target);
    });
    await syncFolder(dirname(target));
  } catch (error) {
    throw errorCode(error) === undefined ? error : writeFailure(path, error, HINT);
  }
}

/** Another program may have written to it since it was read. */
async function expectUnchanged(path: string, before: Stats | undefined): Promise<void> {
  const now = await stateOf(path);
  const isSame =
    now?.size === before?.size && now?.mtimeMs === before?.mtimeMs && now?.ino === before?.ino;
  if (isSame) return;
  throw unwritable(path, 'another program has changed it meanwhile', undefined, 'Write again.');
}
