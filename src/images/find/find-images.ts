import { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { GeminiImageError } from '../../domain/error.js';
import { whyUnread } from '../../domain/system-errors.js';
import type { HashedTexts } from '../../domain/text-hash.js';
import {
  type Failure,
  failed,
  failedBy,
  isMisnamed,
  isNothingThere,
  misnamed,
  stopIfAborted,
} from './errors.js';
import type { Exclusion } from './exclude.js';
import type { GlobWalk } from './glob.js';
import { fileOfLine, type Meaning, meaningOf, meaningOfLine } from './inputs.js';
import type { OtherFile } from './looks-like-picture.js';
import type { RealPaths } from './real-paths.js';
import { fileListed, fileNamed, type ImageReference, pageMark, withoutRoot } from './reference.js';
import type { Sight, WalkOptions } from './walk.js';
import { turnIfDue } from './yield-turn.js';

/** A picture to load, or a name that leads to none. */
export type Found = ImageReference | Failure;

export interface FindInputs {
  /** Paths, folders, globs, `http(s)` URLs, or `-` for a picture on standard input. */
  readonly images: readonly string[];
  /** A file with a path or URL a line, or `-` for a list on standard input. */
  readonly filesFrom?: string | undefined;
  /** Zero bytes instead of newlines separate the names in the list. */
  readonly nulSeparated?: boolean | undefined;
}

export interface FindOptions {
  /** Whether sub-folders of folders are entered; `**` in a glob enters them anyway. */
  readonly recursive: boolean;
  /** Standard input, for a list that comes from there. */
  readonly stdin?: (() => Readable) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each file in a folder or glob that is no picture. */
  readonly onPassedOver?: ((name: string, what: OtherFile) => void) | undefined;
  /** Whether a camera's raw file in a folder is taken although its JPEG or HEIC lies beside it. */
  readonly raw?: boolean | undefined;
  /** Whether PDF documents in a folder are taken too. */
  readonly pdf?: boolean | undefined;
  /** Told of each raw file that is passed over for that. */
  readonly onRawPassedOver?: ((name: string) => void) | undefined;
  /** Globs of files and folders to leave out, however they were named. */
  readonly exclude?: readonly string[] | undefined;
  /** Whether hidden files and folders, and folders of programs and systems, are looked at too. */
  readonly includeAll?: boolean | undefined;
  /** Told of each folder of a program or system that is not entered, by its name alone. */
  readonly onFolderPassedOver?: ((name: string) => void) | undefined;
  /** Whether links in a folder are followed out of it, too. */
  readonly follow?: boolean | undefined;
  /** Told of each link that is not followed for that. */
  readonly onLinkPassedOver?: ((name: string) => void) | undefined;
  /** Told of each file or folder that is left out by `exclude`. */
  readonly onExcluded?: (() => void) | undefined;
  /** How many names of one folder are held in memory at once. */
  readonly window?: number | undefined;
}

/** A larger folder is read several times: a million names make 16 rounds and some ten megabytes. */
const WINDOW = 65_536;

type Taken = Pick<HashedTexts, 'add' | 'addPath' | 'addPaths'>;

interface Search extends FindOptions {
  /** The pictures that were found so far, whatever their names. */
  readonly taken: Taken;
  readonly exclusion: Exclusion | undefined;
  /** Gives `below` for a name, if it is not the path below the folder in which it was found. */
  readonly below?: (name: string) => string;
}

/**
 * Turns what the user named into a stream of pictures: in the order given, inside folders in
 * natural order, each picture once. A name from a folder is the folder as it was named, a slash,
 * and the rest (`.` gives `./a.jpg`); a glob gives the same names as a shell. Nothing is read before
 * it is needed. Names, folders and globs without a picture come out as failures of kind `input`. The
 * event loop gets time in between, even if the caller never waits for anything.
 *
 * @throws GeminiImageError of kind `usage` if the list cannot be read, `interrupted` after the
 *   signal.
 */
export function findImages(
  inputs: FindInputs,
  options: FindOptions,
): AsyncGenerator<Found, void, void> {
  return oneByOne(findRuns(inputs, options), options.signal);
}

/** The pictures of runs; the event loop gets time in between. */
export async function* oneByOne(
  runs: Runs,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, void, void> {
  for await (const run of runs) {
    await turnIfDue();
    for (const found of run) {
      yield found;
      const turn = turnIfDue();
      if (turn) await turn;
      stopIfAborted(signal);
    }
  }
}

/** Pictures are handed on by runs, because awaiting each one by itself would take time. */
export type Runs = AsyncGenerator<readonly Found[], void, void>;

/** The same as `findImages`, some hundred pictures at once; whoever takes them gives others time. */
export async function* findRuns(inputs: FindInputs, options: FindOptions): Runs {
  const { images, filesFrom, nulSeparated } = inputs;
  let excluded = 0;
  const search = {
    ...options,
    taken: await nothingTaken(inputs),
    exclusion: await exclusionFrom(options),
    onExcluded() {
      excluded += 1;
      options.onExcluded?.();
    },
  };
  let isNothing = true;
  const watched = async function* (runs: Runs): Runs {
    for await (const run of runs) {
      isNothing &&= run.length === 0;
      yield run;
    }
  };
  for (const name of images) {
    stopIfAborted(options.signal);
    yield* watched(findNamed(name, await meaningOf(name, options), search));
  }
  if (filesFrom !== undefined) yield* watched(findListed(filesFrom, nulSeparated, search));
  if (isNothing && excluded > 0) yield [allExcluded(images, filesFrom)];
}

/** What remembers the pictures that were found; a single one cannot come twice. */
async function nothingTaken(inputs: FindInputs): Promise<Taken> {
  if (await namesOnePicture(inputs)) {
    return { add: () => true, addPath: () => true, addPaths: (_, names) => names };
  }
  const { HashedTexts } = await import('../../domain/text-hash.js');
  return new HashedTexts();
}

async function* findListed(list: string, nulSeparated: boolean | undefined, search: Search): Runs {
  const { readList } = await import('./list.js');
  const { RealPaths } = await import('./real-paths.js');
  const realPaths = new RealPaths(search.taken);
  let isEmpty = true;
  try {
    for await (const names of readList(list, { ...search, nulSeparated })) {
      isEmpty = false;
      yield* findLines(names, realPaths, { ...search, below: withoutRoot });
    }
  } catch (error) {
    if (isEmpty || !isUnusable(error)) throw error;
    // What was found before is being described already.
    yield [failedBy(list, error)];
  }
  if (isEmpty) {
    yield [failed(list, 'the list is empty', { hint: 'Give it a path or a URL a line.' })];
  }
}

/** How many pictures of a list are handed on at once. */
const RUN = 128;

async function* findLines(names: readonly string[], realPaths: RealPaths, search: Search): Runs {
  let files: ImageReference[] = [];
  for (const name of names) {
    const file = fileOfLine(name);
    if (!file) {
      yield files;
      files = [];
      yield* findNamed(name, await meaningOfLine(name), search);
    } else if (!isLeftOut(file.source, false, search)) {
      if (realPaths.add(file.source)) files.push(file);
    }
    if (files.length < RUN) continue;
    yield files;
    files = [];
  }
  yield files;
}

/** The failure of a run whose pictures are all excluded. */
function allExcluded(images: readonly string[], list: string | undefined): Failure {
  const names = [...images, ...(list === undefined ? [] : [list])];
  const [name = ''] = names;
  const what = names.length === 1 ? 'it is' : 'this and all else that was named is';
  return failed(name, `${what} left out by --exclude`, { hint: 'Give --exclude another glob.' });
}

async function exclusionFrom({ exclude }: FindOptions): Promise<Exclusion | undefined> {
  if (exclude === undefined || exclude.length === 0) return undefined;
  const { readExclusion } = await import('./exclude.js');
  return readExclusion(exclude);
}

/**
 * Whether the inputs name exactly one picture (a file that is no folder, one URL, standard input)
 * rather than possibly several (several names, a folder, a glob, a list). Reads nothing.
 */
export async function namesOnePicture({ images, filesFrom }: FindInputs): Promise<boolean> {
  const [name, ...others] = images;
  if (name === undefined || others.length > 0 || filesFrom !== undefined) return false;
  return (await meaningOf(name)).kind === 'one';
}

async function* findNamed(name: string, meaning: Meaning, search: Search): Runs {
  switch (meaning.kind) {
    case 'one':
      if (isLeftOut(meaning.reference.source, false, search)) return;
      return yield* findOne(meaning.reference, search);
    case 'folder':
      if (isLeftOut(meaning.name, true, search)) return;
      return yield* findInFolder(`${meaning.name.replace(/\/+$/, '')}/`, search);
    case 'glob':
      return yield* findMatches(name, meaning.walks, search);
  }
}

/** Whether what was named by itself is left out. */
function isLeftOut(name: string, isFolder: boolean, { exclusion, onExcluded }: Search): boolean {
  if (!exclusion?.leavesOutNamed(name, isFolder)) return false;
  onExcluded?.();
  return true;
}

async function* findOne(reference: ImageReference, { taken }: Search): Runs {
  const { kind, id, source } = reference;
  if (kind === 'file' && (await isMisnamed(source))) yield [misnamed(id)];
  else if (taken.add((await identityOf(reference)) + pageMark(reference))) yield [reference];
}

/** Of a file, its real path; no path that is absolute begins as the others do. */
async function identityOf({ kind, source }: ImageReference): Promise<string> {
  if (kind === 'file') return realpath(source).catch(() => resolve(source));
  return `${kind} ${kind === 'url' && URL.canParse(source) ? new URL(source).href : source}`;
}

async function* findInFolder(prefix: string, search: Search): Runs {
  const tally = new Tally();
  const { everything } = await import('./glob.js');
  const { walk } = await import('./walk.js');
  const walked = walk(prefix, everything(search), walkOptions(search, prefix.length));
  yield* findAmong(walked, prefix.length, tally, search);
  if (tally.isNothing) {
    const hint = tally.leftOut
      ? 'Give -r to look into its sub-folders as well.'
      : (tally.hint ?? 'Name a folder that holds pictures.');
    yield [failed(prefix, `there are no pictures in this folder${tally.words}`, { hint })];
  }
}

async function* findMatches(pattern: string, walks: readonly GlobWalk[], search: Search): Runs {
  const { commonFolder } = await import('./glob.js');
  const { walk } = await import('./walk.js');
  const tally = new Tally();
  const fixed = commonFolder(walks.map(({ prefix }) => prefix));
  for (const { prefix, selection } of walks) {
    const base = await stat(prefix || '.').catch((error: unknown) => error);
    if (base instanceof Error && !isNothingThere(base)) {
      tally.isNothing = false;
      yield [failed(prefix, whyUnread(base), { cause: base })];
    }
    if (!(base instanceof Stats && base.isDirectory())) continue;
    const walked = walk(prefix, selection, walkOptions(search, fixed.length));
    yield* findAmong(walked, fixed.length, tally, search);
  }
  if (tally.isNothing) {
    const what = tally.passedOver > 0 ? 'no pictures match' : 'no file matches';
    const hint =
      tally.hint ?? 'Check the folder and the ending; ** stands for any number of folders.';
    yield [failed(pattern, what + tally.words, { hint })];
  }
}

/**
 * Counts what is seen, and lets through the pictures that were not taken before.
 *
 * @param start the index in their names at which the part below the named folder begins.
 */
async function* findAmong(
  walked: AsyncIterable<readonly Sight[]>,
  start: number,
  tally: Tally,
  { taken, below = (name) => name.slice(start), ...told }: Search,
): Runs {
  for await (const sights of walked) {
    const found: Found[] = [];
    for (const sight of sights) {
      tally.count(sight);
      if (sight.kind === 'failed') found.push(sight);
      else if (sight.kind === 'pictures') {
        const { prefix, realFolder, names } = sight;
        for (const name of taken.addPaths(realFolder, names)) {
          const path = prefix + name;
          found.push(fileListed(path, below(path)));
        }
      } else if (sight.kind === 'passed-over') told.onPassedOver?.(sight.name, sight.what);
      else if (sight.kind === 'raw-beside') told.onRawPassedOver?.(sight.name);
      else if (sight.kind === 'excluded') told.onExcluded?.();
      else if (sight.kind === 'leads-out') told.onLinkPassedOver?.(sight.name);
      else if (sight.kind === 'foreign-folder') {
        if (taken.add(`folder ${sight.realPath}`)) told.onFolderPassedOver?.(sight.name);
      } else if (sight.kind === 'picture' && taken.add(sight.realPath)) {
        found.push(fileNamed(sight.name, below(sight.name)));
      }
    }
    yield found;
  }
}

function isUnusable(error: unknown): error is GeminiImageError {
  return error instanceof GeminiImageError && error.kind === 'usage';
}

function walkOptions(
  { window = WINDOW, signal, exclusion, raw, pdf, follow }: Search,
  start: number,
): WalkOptions {
  const isExcluded =
    exclusion && ((path: string, isFolder: boolean) => exclusion.leavesOut(path, start, isFolder));
  return { window, signal, isExcluded, raw, pdf, follow };
}

/** What one folder or glob came to. */
class Tally {
  /** No picture, and nothing that was reported in its place. */
  isNothing = true;
  passedOver = 0;
  #pdfs = 0;
  leftOut = false;
  #excluded = 0;
  #links = 0;
  readonly #foreign = new Set<string>();

  count(sight: Sight): void {
    const { kind } = sight;
    if (kind === 'pictures' || kind === 'picture' || kind === 'failed') this.isNothing = false;
    else if (sight.kind === 'passed-over') {
      this.passedOver += 1;
      if (sight.what.isPdf) this.#pdfs += 1;
    }
    if (sight.kind === 'excluded') this.#excluded += 1;
    else if (sight.kind === 'leads-out') this.#links += 1;
    else if (sight.kind === 'foreign-folder') this.#foreign.add(sight.name);
    else if (sight.kind === 'left-out') this.leftOut = true;
  }

  /** What was seen besides, in brackets; empty if that was nothing. */
  get words(): string {
    const parts = [
      this.passedOver === 1 && '1 file that is no picture was passed over',
      this.passedOver > 1 && `${this.passedOver} files that are no pictures were passed over`,
      this.#foreign.size > 0 && `${[...this.#foreign].join(', ')} passed over`,
      this.#links > 0 && linksLeadOut(this.#links),
      this.#excluded > 0 && `${this.#excluded} left out by --exclude`,
    ].filter((part) => part !== false);
    return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
  }

  get hint(): string | undefined {
    if (this.#pdfs > 0) return 'Give --pdf to ask about PDF documents, or name them one by one.';
    if (this.#links > 0) return 'Give --follow if you trust the folder.';
    if (this.#foreign.size > 0) return 'Give --include-all to look into such folders as well.';
    return this.#excluded > 0 ? 'Give --exclude another glob.' : undefined;
  }
}

function linksLeadOut(links: number): string {
  return links === 1
    ? '1 link that leads out of it was not followed'
    : `${links} links that lead out of it were not followed`;
}
