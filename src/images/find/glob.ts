import { sep } from 'node:path';
import type { ParseReturnFiltered } from 'minimatch';
import { isHidden, type Selection } from './selection.js';

/** A folder to walk, and what a glob takes inside it. */
export interface GlobWalk {
  /** The part of the pattern without magic: empty, or ending with a slash. */
  readonly prefix: string;
  readonly selection: Selection;
}

/** One component of a pattern: a name, a pattern for names, or `**` (a symbol). */
type Part = ParseReturnFiltered;

const MAY_BE_MAGIC = /[*?[{]|[+@!]\(/;
/** More than this is no pattern for minimatch, and no path for any system. */
const MAX_LENGTH = 65_536;

/**
 * The walks that find what a glob matches, in the order of its alternatives; undefined where the
 * name has no magic.
 */
export async function readGlob(name: string): Promise<GlobWalk[] | undefined> {
  if (!MAY_BE_MAGIC.test(name) || name.length > MAX_LENGTH) return undefined;
  const { Minimatch } = await import('minimatch');
  const { set } = new Minimatch(name, {
    nocomment: true,
    nonegate: true,
    // The prefix stays as the user wrote it.
    optimizationLevel: 0,
    windowsPathsNoEscape: sep === '\\',
  });
  if (set.length === 1 && set[0]?.map(String).join('/') === name) return undefined;
  const alternatives = new Map<string, Part[][]>();
  for (const parts of set) {
    const magic = parts.findIndex((part) => typeof part !== 'string');
    const start = magic === -1 ? parts.length - 1 : magic;
    const prefix = parts.slice(0, start).map((part) => `${String(part)}/`);
    const pattern = parts.slice(start).filter((part) => part !== '.');
    const others = alternatives.get(prefix.join(''));
    if (others) others.push(pattern);
    else alternatives.set(prefix.join(''), [pattern]);
  }
  return [...alternatives].map(([prefix, patterns]) => ({
    prefix,
    selection: matching(patterns),
  }));
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

function matching(patterns: readonly Part[][]): Selection {
  const starts: number[] = [];
  const parts: (Part | undefined)[] = [];
  for (const pattern of patterns) {
    starts.push(parts.length);
    parts.push(...pattern, undefined);
  }
  return matchingFrom(parts, starts);
}

/**
 * What is left to match, as the set of the parts that may be next. The parts tell a folder that
 * cannot lead to a match, and two ways to one folder that mean the same.
 */
function matchingFrom(parts: Parts, starts: Iterable<number>): Selection {
  // `**` also stands for no folder at all. The set grows while it is gone through.
  const next = new Set(starts);
  for (const at of next) {
    if (isGlobstar(parts[at]) && parts[at + 1] !== undefined) next.add(at + 1);
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
      for (const at of next) {
        if (!fits(name, parts[at])) continue;
        if (isGlobstar(parts[at])) behind.add(at);
        else if (parts[at + 1] !== undefined) behind.add(at + 1);
      }
      return behind.size > 0 ? matchingFrom(parts, behind) : undefined;
    },
  };
}

function isGlobstar(part: Part | undefined): boolean {
  return typeof part === 'symbol';
}

function fits(name: string, part: Part | undefined): boolean {
  if (part === undefined) return false;
  if (typeof part === 'symbol') return !isHidden(name);
  return typeof part === 'string' ? part === name : part.test(name);
}
