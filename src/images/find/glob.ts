import { stat } from 'node:fs/promises';
import type { Minimatch } from 'minimatch';
import { asOnDisk, composed } from './name-forms.js';
import { MAY_BE_MAGIC } from './reference.js';

/** A folder to walk, and what a glob takes inside it. */
export interface GlobWalk {
  /** The part of the pattern without magic: empty, or ending with a slash. */
  readonly prefix: string;
  readonly selection: Selection;
}

export interface GlobOptions {
  /** Hidden files and folders, and folders of programs, too. */
  readonly includeAll?: boolean | undefined;
}

/** One component of a pattern: any number of folders, or a test of a name. */
type Part = '**' | NamePart;

interface NamePart {
  /** The name; undefined if the component has magic. */
  readonly name: string | undefined;
  /** Whether the component has no magic, or is the very name of the folder. */
  isNameOf(name: string): boolean;
  fits(name: string): boolean;
}

/** minimatch takes no longer pattern, and no system a longer path. */
const MAX_LENGTH = 65_536;

/**
 * The walks that find what a glob matches, in the order of its alternatives; undefined if the
 * name has no magic. A folder whose very name looks like magic (`Render[1]`) is meant if it is
 * there. The ending matches in upper and lower case, and a name in each of its Unicode forms.
 */
export async function readGlob(
  name: string,
  options: GlobOptions = {},
): Promise<GlobWalk[] | undefined> {
  if (!MAY_BE_MAGIC.test(name) || name.length > MAX_LENGTH) return undefined;
  const start = await startByName(name);
  const rest = name.slice(start);
  if (!MAY_BE_MAGIC.test(rest)) return undefined;
  const set = await partsOf(rest, options);
  const only = set.length === 1 ? set[0]?.map(nameOf) : undefined;
  if (only?.join('/') === rest) return undefined;
  const alternatives = new Map<string, Part[][]>();
  for (const parts of set) {
    const magic = parts.findIndex((part) => nameOf(part) === undefined);
    const end = magic === -1 ? parts.length - 1 : magic;
    const names = parts.slice(0, end).map((part) => `${nameOf(part)}/`);
    const prefix = await asOnDisk(name.slice(0, start) + names.join(''));
    const pattern = parts.slice(end).filter((part) => nameOf(part) !== '.');
    const others = alternatives.get(prefix);
    if (others) others.push(pattern);
    else alternatives.set(prefix, [pattern]);
  }
  return [...alternatives].map(([prefix, patterns]) => ({
    prefix,
    selection: matching(patterns, options),
  }));
}

/** The length of the beginning that is the path of a real folder although it looks like magic. */
async function startByName(name: string): Promise<number> {
  let end = 0;
  for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
    if (!MAY_BE_MAGIC.test(name.slice(end, slash))) continue;
    const folder = await stat(await asOnDisk(name.slice(0, slash))).catch(() => undefined);
    if (!folder?.isDirectory()) break;
    end = slash + 1;
  }
  return end;
}

async function partsOf(glob: string, { includeAll = false }: GlobOptions): Promise<Part[][]> {
  const { Minimatch } = await import('minimatch');
  const reader = new Minimatch(glob, {
    nocomment: true,
    nonegate: true,
    dot: includeAll,
    // The prefix stays as the user wrote it.
    optimizationLevel: 0,
  });
  const partOf = (text: string, isLast: boolean): Part | undefined => {
    const own = reader.parse(text);
    if (own === false) return undefined;
    if (typeof own === 'symbol') return '**';
    const changes = isLast ? [composed, withLowerEnding] : [composed];
    const texts = new Set(changes.map((change) => change(composed(text))));
    texts.delete(text);
    const others = [...texts].map((one) => reader.parse(one));
    const fits = (name: string) => [own, ...others].some((pattern) => matches(pattern, name));
    return {
      name: typeof own === 'string' ? own : undefined,
      isNameOf: (name) => name === text || (typeof own === 'string' && fits(composed(name))),
      fits: (name) =>
        name === text || fits(name) || changes.some((change) => fitsChanged(change, name, fits)),
    };
  };
  return reader.globParts
    .map((texts: string[]) => texts.map((text, at) => partOf(text, at === texts.length - 1)))
    .filter((parts): parts is Part[] => parts.every((part) => part !== undefined));
}

function matches(pattern: ReturnType<Minimatch['parse']>, name: string): boolean {
  if (typeof pattern === 'string') return pattern === name;
  return pattern instanceof RegExp && pattern.test(name);
}

/** Whether a name matches in another form; most names have one form only, which was tried. */
function fitsChanged(
  change: (name: string) => string,
  name: string,
  fits: (name: string) => boolean,
): boolean {
  const changed = change(composed(name));
  return changed !== name && fits(changed);
}

/** The path with its ending, after the last dot, in lower case. */
export function withLowerEnding(path: string): string {
  return path.replace(/\.[^./]*$/, (ending) => ending.toLowerCase());
}

function nameOf(part: Part): string | undefined {
  return part === '**' ? undefined : part.name;
}

/** The folder that several prefixes begin with: empty, or ending with a slash. */
export function commonFolder(prefixes: readonly string[]): string {
  return prefixes.reduce((common, prefix) => {
    let end = 0;
    for (let at = 0; at < common.length && common[at] === prefix[at]; at += 1) {
      if (common[at] === '/') end = at + 1;
    }
    return common.slice(0, end);
  });
}

/** All patterns' parts in a row, each pattern followed by undefined. */
type Parts = readonly (Part | undefined)[];

function matching(patterns: readonly Part[][], options: GlobOptions): Selection {
  const starts: number[] = [];
  const parts: (Part | undefined)[] = [];
  for (const pattern of patterns) {
    starts.push(parts.length);
    parts.push(...pattern, undefined);
  }
  return matchingFrom(parts, starts, options);
}

/**
 * What is left to match, as the set of the parts that may be next. The parts tell a folder that
 * cannot lead to a match, and two ways to one folder that mean the same.
 */
function matchingFrom(parts: Parts, starts: Iterable<number>, options: GlobOptions): Selection {
  const { includeAll = false } = options;
  const fits = (name: string, part: Part | undefined) => {
    if (part === undefined) return false;
    return part === '**' ? includeAll || !isHidden(name) : part.fits(name);
  };
  // `**` also stands for no folder at all. The set grows while it is gone through.
  const next = new Set(starts);
  for (const at of next) {
    if (parts[at] === '**' && parts[at + 1] !== undefined) next.add(at + 1);
  }
  return {
    key: [...next].sort((a, b) => a - b).join(),
    takesFile: (name) => {
      for (const at of next) {
        if (parts[at + 1] === undefined && fits(name, parts[at])) return true;
      }
      return false;
    },
    inside: (name) => {
      const behind = new Set<number>();
      const needsName = !includeAll && isForeign(name);
      let isPassedOver = false;
      for (const at of next) {
        const part = parts[at];
        const leads = part === '**' ? at : at + 1;
        if (!fits(name, part) || parts[leads] === undefined) continue;
        if (needsName && !(part !== '**' && part?.isNameOf(name))) isPassedOver = true;
        else behind.add(leads);
      }
      if (behind.size > 0) return matchingFrom(parts, behind, options);
      return isPassedOver ? foreign : undefined;
    },
  };
}

/** What a walk looks for, seen from one folder on its way. */
export interface Selection {
  /** The same for selections that take the same below a folder. */
  readonly key: string;
  takesFile(name: string): boolean;
  /** What to look for inside a sub-folder; undefined if that has nothing to do with it. */
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
