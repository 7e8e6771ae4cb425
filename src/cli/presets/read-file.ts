import { realpath, stat } from 'node:fs/promises';
import { platform, userInfo } from 'node:os';
import { dirname, relative } from 'node:path';
import { errorCode, usageError } from '../../domain/error.js';
import { whyUnread } from '../../domain/system-errors.js';
import { findJsonBreak } from '../../schema/json-break.js';
import { readBounded } from '../env-file.js';
import { checkFile, type SettingsSet } from './check-file.js';
import { type FoundFile, isInside } from './find-files.js';
import { type Place, type Places, placesIn } from './places.js';

/** A file of settings that is as it should be. */
export interface SettingsFile extends FoundFile {
  /** As it is named in messages: relative to the working folder where that is shorter. */
  shown: string;
  /** By command; `*` is every command. */
  defaults: Readonly<Record<string, SettingsSet>>;
  presets: Readonly<Record<string, SettingsSet>>;
  places: Places;
}

/** Far more than any settings need. */
const MOST_BYTES = 262_144;

const WITHOUT = 'Mend it, or leave it out by --no-config.';

/**
 * Reads and checks a file of settings.
 *
 * @param own where the user's own file is or would be, for messages.
 * @returns the file, or why it is passed over.
 * @throws GeminiImageError of kind `usage` that names the place where something is wrong.
 */
export async function readSettingsFile(
  found: FoundFile,
  own: string | undefined,
): Promise<SettingsFile | { ignored: string }> {
  const shown = found.whose === 'user' ? found.path : shownPath(found.path);
  if (found.whose === 'project') {
    const ignored = await whyIgnored(found);
    if (ignored !== undefined) return { ignored };
  }
  const text = await textOf(found, shown);
  const value = parsed(text, shown);
  const places = placesIn(text);
  if (places.doubled) {
    const { pointer, first } = places.doubled;
    const name = pointer.slice(pointer.lastIndexOf('/') + 1);
    throw usageError(
      `${at(shown, places.name(pointer))}: ${name} stands here a second time, after line ${first.line}`,
      'Keep one of them: readers of JSON do not agree which one holds.',
    );
  }
  const { defaults, presets } = await checkFile(value, { ...found, shown, places, own });
  return { ...found, shown, defaults, presets, places };
}

/** `file:line:column`, as compilers write it. */
export function at(shown: string, { line, column }: Place): string {
  return `${shown}:${line}:${column}`;
}

/** The path as it is read most easily. */
export function shownPath(path: string): string {
  let way = '';
  try {
    way = relative('.', path);
  } catch {
    // The working folder may be gone.
  }
  return way === '' || way.length >= path.length ? path : way;
}

async function textOf({ path, whose, root }: FoundFile, shown: string): Promise<string> {
  let text: string | { why: string };
  try {
    if (whose === 'project' && !isInside(await realpath(path), await realpath(root))) {
      throw usageError(`${shown} is a link that leads out of its project`, WITHOUT);
    }
    text = await readBounded(path, MOST_BYTES);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw usageError(`${shown} cannot be read: ${whyUnread(error)}`, WITHOUT, error);
  }
  if (typeof text !== 'string') throw usageError(`${shown} ${text.why}`, WITHOUT);
  if (text.includes('\0')) throw usageError(`${shown} is no UTF-8 text`, WITHOUT);
  return text.replace(/^\ufeff/, '');
}

function parsed(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (text.trim() === '') throw usageError(`${shown} is empty`, 'The least that it holds is {}.');
    const found = findJsonBreak(text) ?? { line: 1, column: 1, kind: 'broken' };
    const what =
      found.kind === 'cut'
        ? 'the JSON ends in the middle'
        : found.kind === 'more'
          ? 'something follows the JSON'
          : 'here it is no JSON any more';
    throw usageError(
      `${at(shown, found)}: ${what}`,
      'It is plain JSON: names in double quotes, no comments, no comma after the last entry.',
      cause,
    );
  }
}

/**
 * In a folder where everybody may write, such as /tmp, a file of somebody else may lie in wait. The file
 * of a project in a folder of its own is as trustworthy as the project.
 */
async function whyIgnored({ path }: FoundFile): Promise<string | undefined> {
  if (platform() === 'win32') return undefined;
  try {
    const folder = await stat(dirname(path));
    if ((folder.mode & 0o002) === 0) return undefined;
    if ((await stat(path)).uid === userInfo().uid) return undefined;
    return 'everybody may write into its folder, and it is not yours';
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    // That it cannot be read is said where it is read.
    return undefined;
  }
}
