import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type GeminiImageError, inputError } from '../../domain/error.js';
import { whyUnread } from '../../domain/system-errors.js';
import { entriesInOrder } from '../../images/find/directory.js';
import { stopIfAborted } from '../../images/find/errors.js';
import { type Exclusion, readExclusion } from '../../images/find/exclude.js';
import { everything, readGlob, type Selection } from '../../images/find/glob.js';
import { withSlashes } from '../../images/find/name-forms.js';
import { isPageName } from '../read/read-page.js';
import { GitIgnore, readIgnoreFile, withSlash } from './gitignore.js';

/** Which pages are meant. */
export interface FindPagesOptions {
  /** Files, folders and globs. */
  readonly names: readonly string[];
  /** Globs of what is left out. */
  readonly exclude?: readonly string[] | undefined;
  /** A file that lists what is left out. */
  readonly ignoreFile?: string | undefined;
  /** Whether hidden files, folders of programs, and what `.gitignore` names are looked at too. */
  readonly includeAll?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A page that was found. */
export interface PageFile {
  readonly kind: 'page';
  /** As the user named it, or folder + name. */
  readonly name: string;
  /** The folder that was named, or that of the file, absolute. */
  readonly folder: string;
  /** The folder in which its pictures may lie: that of the repository, if it is in one. */
  readonly home: string;
}

/** A name that leads to no page. */
export interface NoPage {
  readonly kind: 'failed';
  readonly name: string;
  readonly error: GeminiImageError;
}

/**
 * Finds pages: in the order given, inside folders in natural order, each once. Folders are entered with
 * all folders below them.
 *
 * @throws GeminiImageError of kind `usage`, and `interrupted` after the signal.
 */
export async function* findPages(
  options: FindPagesOptions,
): AsyncGenerator<PageFile | NoPage, void, void> {
  const { names, exclude, ignoreFile, includeAll = false, signal } = options;
  const search: Search = {
    taken: new Set(),
    exclusion: await readExclusion(exclude),
    isListed: ignoreFile === undefined ? () => false : readIgnoreFile(ignoreFile),
    includeAll,
    signal,
  };
  for (const name of names) {
    const found: AsyncIterable<PageFile | NoPage> = findNamed(withSlashes(name), search);
    yield* found;
  }
}

interface Search {
  /** Real paths. */
  readonly taken: Set<string>;
  readonly exclusion: Exclusion | undefined;
  readonly isListed: (path: string) => boolean;
  readonly includeAll: boolean;
  readonly signal: AbortSignal | undefined;
}

async function* findNamed(
  name: string,
  search: Search,
): AsyncGenerator<PageFile | NoPage, void, void> {
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    const prefix = `${name.replace(/\/+$/, '')}/`;
    const { includeAll } = search;
    const selection = everything({ recursive: true, includeAll });
    return yield* findBelow(prefix, selection, name, search);
  }
  const walks = stats ? undefined : await readGlob(name, { includeAll: search.includeAll });
  if (walks) {
    let isNothing = true;
    for (const { prefix, selection } of walks) {
      if (!statSync(prefix || '.', { throwIfNoEntry: false })?.isDirectory()) continue;
      for await (const page of findIn(prefix, selection, search)) {
        isNothing = false;
        yield page;
      }
    }
    if (isNothing) {
      const hint = 'Check the folder and the ending; ** stands for any number of folders.';
      yield failed(name, inputError('no page matches', hint));
    }
    return;
  }
  if (!stats) return yield failed(name, inputError('there is no such file'));
  if (!isPageName(name)) {
    const hint = 'Pages end in .html, .md, .mdx, .astro, .vue, .svelte, .jsx or .tsx.';
    return yield failed(name, inputError('it is no page, by its ending', hint));
  }
  if (search.exclusion?.leavesOutNamed(name, false) || search.isListed(name)) return;
  const real = realpathSync(name);
  if (search.taken.has(real)) return;
  search.taken.add(real);
  const folder = dirname(resolve(name));
  yield { kind: 'page', name, folder, home: repositoryOf(folder) ?? folder };
}

async function* findBelow(
  prefix: string,
  selection: Selection,
  name: string,
  search: Search,
): AsyncGenerator<PageFile | NoPage, void, void> {
  let isNothing = true;
  for await (const page of findIn(prefix, selection, search)) {
    isNothing = false;
    yield page;
  }
  if (isNothing) yield failed(name, inputError('there are no pages in this folder'));
}

/** So many pages are looked at before others have their turn. */
const BETWEEN_TURNS = 50;

async function* findIn(
  start: string,
  all: Selection,
  search: Search,
): AsyncGenerator<PageFile | NoPage, void, void> {
  const { exclusion, isListed, includeAll, taken, signal } = search;
  const folder = resolve(start || '.');
  const home = repositoryOf(folder) ?? folder;
  const realHome = realpathSync(home);
  const gitIgnore = includeAll ? undefined : new GitIgnore(home);
  const isLeftOut = (path: string, isFolder: boolean) =>
    exclusion?.leavesOut(path, start.length, isFolder) ||
    gitIgnore?.leavesOut(resolve(path), isFolder) ||
    isListed(path);
  let found = 0;
  const visit = async function* (
    prefix: string,
    selection: Selection,
  ): AsyncGenerator<PageFile | NoPage, void, void> {
    stopIfAborted(signal);
    const entries = entriesInOrder(prefix || '.', {
      window: Number.MAX_SAFE_INTEGER,
      signal,
      keep: ({ name, type }) =>
        type === 'folder'
          ? selection.inside(name) !== undefined
          : type !== 'other' && isPageName(name) && selection.takesFile(name),
    });
    try {
      for await (const window of entries) {
        for (const { name, type } of window) {
          const path = prefix + name;
          if (isLeftOut(path, type === 'folder')) continue;
          if (type === 'folder') {
            const inside = selection.inside(name);
            if (inside) yield* visit(`${path}/`, inside);
            continue;
          }
          const real = type === 'link' ? linkedFile(path, realHome) : resolve(path);
          if (real === undefined || taken.has(real)) continue;
          taken.add(real);
          yield { kind: 'page', name: path, folder, home };
          found += 1;
          // So that Ctrl-C is heard.
          if (found % BETWEEN_TURNS === 0) await setImmediate();
          stopIfAborted(signal);
        }
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error) {
        yield failed(prefix, inputError(whyUnread(error), undefined, error));
      } else throw error;
    }
  };
  yield* visit(start, all);
}

/** Where a link leads, if that is a file inside the folder that was named. */
function linkedFile(path: string, home: string): string | undefined {
  try {
    const real = realpathSync(path);
    return real.startsWith(withSlash(home)) && statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

/** The repository that a folder is in. */
function repositoryOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function failed(name: string, error: GeminiImageError): NoPage {
  return { kind: 'failed', name, error };
}
