import { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { GeminiImageError } from '../../domain/error.js';
import {
  type Failure,
  failed,
  isMisnamed,
  isNothingThere,
  misnamed,
  reasonOf,
  stopIfAborted,
} from './failures.js';
import { commonFolder, type GlobWalk } from './glob.js';
import { Identities } from './identities.js';
import { type Meaning, meaningOf, meaningOfLine } from './meaning.js';
import { fileNamed, type ImageReference, withoutRoot } from './reference.js';
import { turnIfDue } from './turns.js';
import type { Sight } from './walk.js';

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
  readonly onPassedOver?: ((name: string) => void) | undefined;
  /** How many names of one folder are held in memory at once. */
  readonly window?: number | undefined;
}

/** A larger folder is read several times: a million names make 31 rounds and a few megabytes. */
const WINDOW = 32_768;

interface Search extends FindOptions {
  /** The pictures that were found so far, whatever their names. */
  readonly taken: Identities;
  /** Where a file of this name is said to lie, where not the folder it was found in decides. */
  readonly below?: (name: string) => string;
}

/**
 * Turns what the user named into a stream of pictures: in the order given, inside folders in
 * natural order, each picture once. A name from a folder is the folder as it was named, a slash,
 * and the rest (`.` gives `./a.jpg`); a glob gives what a shell would. Nothing is looked at before
 * its turn. Names, folders and globs that give nothing come out as failures of kind `input`. Others
 * have their turn in between, even where whoever takes the pictures never waits for anything.
 *
 * @throws GeminiImageError of kind `usage` where the list cannot be read, `interrupted` after the
 *   signal.
 */
export async function* findImages(
  inputs: FindInputs,
  options: FindOptions,
): AsyncGenerator<Found, void, void> {
  for await (const run of findRuns(inputs, options)) {
    await turnIfDue();
    for (const found of run) {
      yield found;
      const turn = turnIfDue();
      if (turn) await turn;
      stopIfAborted(options.signal);
    }
  }
}

/** Each layer that hands on pictures by runs is one that need not wait for each of them. */
type Runs = AsyncGenerator<readonly Found[], void, void>;

async function* findRuns(
  { images, filesFrom, nulSeparated }: FindInputs,
  options: FindOptions,
): Runs {
  const search = { ...options, taken: new Identities() };
  for (const name of images) {
    stopIfAborted(options.signal);
    yield* findNamed(name, await meaningOf(name), search);
  }
  if (filesFrom === undefined) return;
  const { readList } = await import('./list.js');
  let isEmpty = true;
  try {
    for await (const name of readList(filesFrom, { ...options, nulSeparated })) {
      isEmpty = false;
      yield* findNamed(name, await meaningOfLine(name), { ...search, below: withoutRoot });
    }
  } catch (error) {
    if (isEmpty || !isUnusable(error)) throw error;
    // What was found before is being described already.
    yield [{ kind: 'failed', name: filesFrom, error }];
  }
  if (isEmpty) {
    yield [failed(filesFrom, 'the list is empty', { hint: 'Give it a path or a URL a line.' })];
  }
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
      return yield* findOne(meaning.reference, search);
    case 'folder':
      return yield* findInFolder(`${name.replace(/\/+$/, '')}/`, search);
    case 'glob':
      return yield* findMatches(name, meaning.walks, search);
  }
}

async function* findOne(reference: ImageReference, { taken }: Search): Runs {
  const { kind, name } = reference;
  if (kind === 'file' && (await isMisnamed(name))) yield [misnamed(name)];
  else if (taken.add(`${kind} ${await identityOf(reference)}`)) yield [reference];
}

async function identityOf({ kind, name }: ImageReference): Promise<string> {
  if (kind === 'file') return realpath(name).catch(() => resolve(name));
  return kind === 'url' && URL.canParse(name) ? new URL(name).href : name;
}

async function* findInFolder(prefix: string, search: Search): Runs {
  const tally = new Tally();
  const { everything } = await import('./selection.js');
  const { walk } = await import('./walk.js');
  const walked = walk(prefix, everything(search), walkOptions(search));
  yield* findAmong(walked, prefix.length, tally, search);
  if (tally.isNothing) {
    const hint = tally.leftOut
      ? 'Give -r to look into its sub-folders as well.'
      : 'Name a folder that holds pictures.';
    yield [
      failed(prefix, `there are no pictures in this folder${tally.passedOverWords}`, { hint }),
    ];
  }
}

async function* findMatches(pattern: string, walks: readonly GlobWalk[], search: Search): Runs {
  const { walk } = await import('./walk.js');
  const tally = new Tally();
  const fixed = commonFolder(walks.map(({ prefix }) => prefix));
  for (const { prefix, selection } of walks) {
    const base = await stat(prefix || '.').catch((error: unknown) => error);
    if (base instanceof Error && !isNothingThere(base)) {
      tally.isNothing = false;
      yield [failed(prefix, reasonOf(base), { cause: base })];
    }
    if (!(base instanceof Stats && base.isDirectory())) continue;
    const walked = walk(prefix, selection, walkOptions(search));
    yield* findAmong(walked, fixed.length, tally, search);
  }
  if (tally.isNothing) {
    const what = tally.passedOver > 0 ? 'no pictures match' : 'no file matches';
    const hint = 'Check the folder and the ending; ** stands for any number of folders.';
    yield [failed(pattern, what + tally.passedOverWords, { hint })];
  }
}

/**
 * Counts what is seen, and lets through the pictures that were not taken before.
 *
 * @param start where in their names begins what lies below the folder that was named.
 */
async function* findAmong(
  walked: AsyncIterable<readonly Sight[]>,
  start: number,
  tally: Tally,
  { taken, onPassedOver, below = (name) => name.slice(start) }: Search,
): Runs {
  for await (const sights of walked) {
    const found: Found[] = [];
    for (const sight of sights) {
      tally.count(sight);
      if (sight.kind === 'failed') found.push(sight);
      else if (sight.kind === 'passed-over') onPassedOver?.(sight.name);
      else if (sight.kind === 'picture' && taken.add(`file ${sight.realPath}`)) {
        found.push(fileNamed(sight.name, below(sight.name)));
      }
    }
    yield found;
  }
}

function isUnusable(error: unknown): error is GeminiImageError {
  return error instanceof GeminiImageError && error.kind === 'usage';
}

function walkOptions({ window = WINDOW, signal }: Search) {
  return { window, signal };
}

/** What one folder or glob came to. */
class Tally {
  /** No picture, and nothing that was reported in its place. */
  isNothing = true;
  passedOver = 0;
  leftOut = false;

  count({ kind }: Sight): void {
    if (kind === 'picture' || kind === 'failed') this.isNothing = false;
    else if (kind === 'passed-over') this.passedOver += 1;
    else this.leftOut = true;
  }

  get passedOverWords(): string {
    if (this.passedOver === 0) return '';
    const files =
      this.passedOver === 1
        ? '1 file that is no picture was'
        : `${this.passedOver} files that are no pictures were`;
    return ` (${files} passed over)`;
  }
}
