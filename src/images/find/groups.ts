// Pictures that belong together, by their names: the front and the back of a card, a folder of views.
import { basename, dirname, join } from 'node:path';
import { usageError } from '../../domain/error.js';
import type { Failure } from './errors.js';
import type { Found } from './find-images.js';
import { type ImageReference, withoutEnding } from './reference.js';

/** Pictures that one question is about. */
export interface PictureGroup {
  readonly kind: 'group';
  /** Its name in records and messages: the folder, or the path that the names have in common. */
  readonly id: string;
  readonly label: string;
  /** In the order of the pattern's parts, and within a part in that of their names. */
  readonly images: readonly ImageReference[];
  /** The same as for a picture: where it lies below what was named. */
  readonly below: string;
}

/** How pictures are put together. */
export type Grouping =
  /** Those of one folder. */
  | { readonly by: 'folder' }
  /** Those whose paths fit one of these parts with the same stem. */
  | { readonly by: 'pattern'; readonly parts: readonly GroupPart[] };

/** One part of a pattern, such as `{stem}-front`. */
interface GroupPart {
  readonly text: string;
  /** How many folders above the name it speaks of. */
  readonly folders: number;
  readonly matches: RegExp;
}

const STEM = '{stem}';
const EXAMPLES = 'Such as "{stem}-front,{stem}-back", "{stem}-*", or folder.';

/**
 * Reads `folder`, or a pattern: parts with `{stem}` in them, separated by commas. A `*` stands for any
 * characters but a slash, and the endings of names do not count.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function parseGrouping(pattern: string): Grouping {
  if (pattern === 'folder') return { by: 'folder' };
  return { by: 'pattern', parts: partsOf(pattern).map(groupPart) };
}

/** `{stem}-front/{stem}-back` is read as well: a slash between two stems separates. */
function partsOf(pattern: string): readonly string[] {
  const isList = (part: string) => part.split('/').every((piece) => piece.includes(STEM));
  return pattern.split(',').flatMap((part) => (isList(part) ? part.split('/') : [part]));
}

function groupPart(given: string): GroupPart {
  const text = given.trim();
  const [before, after, ...more] = text.split(STEM);
  if (before === undefined || after === undefined || more.length > 0) {
    throw usageError(`--group needs {stem} once in each part, and "${text}" has not`, EXAMPLES);
  }
  const source = `^${literal(before)}(?<stem>[^/]+?)${literal(after)}$`;
  return { text, folders: text.split('/').length - 1, matches: new RegExp(source, 'iu') };
}

/** The part of an expression that stands for a text; `*` is any characters but a slash. */
function literal(text: string): string {
  return text
    .split('*')
    .map((piece) => piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('[^/]*');
}

interface Growing {
  id: string;
  label: string;
  below: string;
  images: { image: ImageReference; part: number }[];
}

/**
 * Puts pictures that belong together into groups, in the order of their first pictures. A picture that
 * fits no part is a group by itself. Names that lead to no picture are handed on at once; the groups
 * come when all names are known.
 *
 * @param onIncomplete told of each group that has no picture for some part of the pattern.
 */
export async function* grouped(
  found: AsyncIterable<Found>,
  grouping: Grouping,
  onIncomplete: (group: PictureGroup, missing: readonly string[]) => void,
): AsyncGenerator<Failure | PictureGroup, void, void> {
  const groups = new Map<string, Growing>();
  for await (const image of found) {
    if (image.kind === 'failed') {
      yield image;
      continue;
    }
    const { key, part, ...names } = placeOf(image, grouping);
    const group = groups.get(key) ?? { ...names, images: [] };
    group.images.push({ image, part });
    groups.set(key, group);
  }
  for (const { images, ...names } of groups.values()) {
    const ordered = images.toSorted((one, other) => one.part - other.part);
    const group: PictureGroup = {
      kind: 'group',
      ...names,
      images: ordered.map(({ image }) => image),
    };
    const missing = missingParts(ordered, grouping);
    if (missing.length > 0) onIncomplete(group, missing);
    yield group;
  }
}

/** The parts of the pattern that no picture fits, if a picture fits another. */
function missingParts(images: readonly { part: number }[], grouping: Grouping): readonly string[] {
  if (grouping.by === 'folder') return [];
  const there = new Set(images.map(({ part }) => part));
  if (there.has(ALONE)) return [];
  return grouping.parts.filter((_, at) => !there.has(at)).map(({ text }) => text);
}

/** The part of a picture that fits none. */
const ALONE = -1;

interface PlaceInGroup extends Pick<PictureGroup, 'id' | 'label' | 'below'> {
  /** Equal for the pictures of a group. */
  readonly key: string;
  readonly part: number;
}

function placeOf(image: ImageReference, grouping: Grouping): PlaceInGroup {
  const { kind, id, label, source, below = basename(source) } = image;
  const alone = { key: `alone ${source} ${id}`, part: ALONE, id, label, below };
  if (kind === 'stdin') return alone;
  if (grouping.by === 'folder') {
    const folder = dirname(source);
    return {
      key: `folder ${folder}`,
      part: 0,
      id: dirname(id),
      label: dirname(label),
      below: dirname(below),
    };
  }
  for (const [part, { folders, matches }] of grouping.parts.entries()) {
    const words = withoutEnding(source).split('/');
    const stem = matches.exec(words.slice(-1 - folders).join('/'))?.groups?.stem;
    if (stem === undefined) continue;
    const above = (path: string) => join(dirname(path), ...Array<string>(folders).fill('..'));
    return {
      key: `stem ${above(source)}/${stem}`,
      part,
      ...{ id: named(id), label: named(label), below: named(below) },
    };
    /** The same path with the stem for its name. */
    function named(path: string): string {
      const folder = path.includes('/')
        ? path
            .split('/')
            .slice(0, -1 - folders)
            .join('/')
        : '';
      return folder === '' ? (path.startsWith('/') ? `/${stem}` : `${stem}`) : `${folder}/${stem}`;
    }
  }
  return alone;
}
