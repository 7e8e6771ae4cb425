// Pictures that belong together, by their names: the front and the back of a card, a folder of views.
import { basename, dirname, join } from 'node:path';
import type { Failure } from './errors.js';
import type { Found } from './find-images.js';
import type { Grouping } from './pages-and-groups.js';
import { type ImageReference, withoutEnding } from './reference.js';

/** Pictures that one question is about. */
export interface PictureGroup<Image = ImageReference> {
  readonly kind: 'group';
  /** Its name in records and messages: the folder, or the path that the names have in common. */
  readonly id: string;
  readonly label: string;
  /** In the order of the pattern's parts, and within a part in that of their names. */
  readonly images: readonly Image[];
  /** The same as for a picture: where it lies below what was named. */
  readonly below: string;
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
