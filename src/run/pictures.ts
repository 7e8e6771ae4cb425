import { type Found, findImages, namesOnePicture } from '../images/find/find-images.js';
import type { CommandContext } from './context.js';
import type { RunOptions } from './options.js';

/** The pictures of a run. */
export interface Pictures {
  /** Whether there may be more than one, which decides on the shape of the output. */
  several: boolean;
  found: AsyncIterable<Found>;
  /** Files in folders and globs that are no pictures, so far. */
  passedOver(): readonly PassedOver[];
  /** What else was not looked at, so far. */
  leftOut(): LeftOut;
}

/** Files of one kind that are no pictures. */
export interface PassedOver {
  one: string;
  many: string;
  count: number;
}

export interface LeftOut {
  /** Raw files beside their JPEG or HEIC. */
  raws: number;
  /** How many folders of programs and systems there were, by their names. */
  folders: ReadonlyMap<string, number>;
  /** Files and folders that match --exclude. */
  excluded: number;
}

/** Looks for the pictures that are meant; nothing is searched before it is asked for. */
export async function openPictures(
  { find, ui }: Pick<RunOptions, 'find' | 'ui'>,
  { stdin, signal, talk }: CommandContext,
): Promise<Pictures> {
  const { recursive, exclude, includeAll, raw } = find;
  const passedOver = new Map<string, PassedOver>();
  let raws = 0;
  let excluded = 0;
  const folders = new Map<string, number>();
  const found = findImages(find, {
    recursive,
    exclude,
    includeAll,
    raw,
    stdin: stdin.stream,
    signal,
    onPassedOver(name, { one, many }) {
      const kind = passedOver.get(one) ?? { one, many, count: 0 };
      kind.count += 1;
      passedOver.set(one, kind);
      if (ui.debug) talk.note(`${name} is passed over: ${one}`);
    },
    onRawPassedOver(name) {
      raws += 1;
      if (ui.debug) talk.note(`${name} is passed over: a raw file beside its JPEG or HEIC`);
    },
    onFolderPassedOver(name) {
      folders.set(name, (folders.get(name) ?? 0) + 1);
    },
    onExcluded: () => {
      excluded += 1;
    },
  });
  const several = !(await namesOnePicture(find));
  return {
    several,
    found,
    passedOver: () => [...passedOver.values()],
    leftOut: () => ({ raws, folders, excluded }),
  };
}
