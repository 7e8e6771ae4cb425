/** What a walk looks for, seen from one folder on its way. */
export interface Selection {
  /** The same for selections that take the same below a folder. */
  readonly key: string;
  takesFile(name: string): boolean;
  /** What to look for inside a sub-folder; undefined where that has nothing to do with it. */
  inside(name: string): Selection | undefined;
}

export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Folders of programs and systems, in lower case: copies, thumbnails, what was thrown away. */
const FOREIGN = new Set([
  'node_modules',
  '@eadir',
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  '__macosx',
]);

/** Whether a folder's pictures are not the user's own, so that it is entered only by its name. */
export function isForeign(name: string): boolean {
  return FOREIGN.has(name.toLowerCase());
}

const nothing = { takesFile: () => false, inside: () => undefined };

/** A sub-folder that the user may have meant but did not ask for. */
export const leftOut: Selection = { key: '', ...nothing };

/** A sub-folder that is passed over for its name, and counted. */
export const foreign: Selection = { key: '', ...nothing };

export interface EverythingOptions {
  recursive: boolean;
  /** Hidden files and folders, and folders of programs, too. */
  includeAll?: boolean | undefined;
}

/** Everything in a folder. */
export function everything({ recursive, includeAll = false }: EverythingOptions): Selection {
  const takes = (name: string) => includeAll || !isHidden(name);
  const all: Selection = {
    key: recursive ? '**' : '*',
    takesFile: takes,
    inside(name) {
      if (!takes(name)) return undefined;
      const isPassedOver = !includeAll && isForeign(name);
      if (!recursive) return isPassedOver ? undefined : leftOut;
      return isPassedOver ? foreign : all;
    },
  };
  return all;
}
