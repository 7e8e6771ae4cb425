import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { usageError } from '../../domain/error.js';
import { whyUnread } from '../../domain/system-errors.js';

/** Rules in the syntax of `.gitignore`, and the folder from which they count. */
interface Rules {
  readonly folder: string;
  readonly rules: Ignore;
}

/** Tells what `.gitignore` files leave out, each for its folder and those below it. */
export class GitIgnore {
  readonly #byFolder = new Map<string, readonly Rules[]>();
  /** The folder of the repository, or the one that was named: no file above it counts. */
  readonly #top: string;

  constructor(top: string) {
    this.#top = top;
  }

  /**
   * @param path absolute; what lies in an ignored folder is not asked for.
   */
  leavesOut(path: string, isFolder: boolean): boolean {
    return lastWord(this.#rulesIn(dirname(path)), path, isFolder);
  }

  /** The rules that count in a folder, the nearest first. */
  #rulesIn(folder: string): readonly Rules[] {
    const known = this.#byFolder.get(folder);
    if (known) return known;
    const isTop = folder === this.#top || !folder.startsWith(withSlash(this.#top));
    const above = isTop ? [] : this.#rulesIn(dirname(folder));
    const own = [
      ...rulesIn(join(folder, '.gitignore'), folder),
      ...(isTop ? rulesIn(join(folder, '.git', 'info', 'exclude'), folder) : []),
    ];
    const all = own.length === 0 ? above : [...own, ...above];
    this.#byFolder.set(folder, all);
    return all;
  }
}

/** What the nearest rules say that say anything. */
function lastWord(all: readonly Rules[], path: string, isFolder: boolean): boolean {
  for (const { folder, rules } of all) {
    const below = relative(folder, path).split(sep).join('/');
    if (below === '' || below.startsWith('../')) continue;
    const { ignored, unignored } = rules.test(isFolder ? `${below}/` : below);
    if (ignored || unignored) return ignored;
  }
  return false;
}

function rulesIn(file: string, folder: string): Rules[] {
  try {
    return [{ folder, rules: ignore().add(readFileSync(file, 'utf8')) }];
  } catch {
    return [];
  }
}

/**
 * Reads `--ignore-file`: pages and pictures that are left out, in the syntax of `.gitignore`, as seen from
 * the folder of the file.
 *
 * @throws GeminiImageError of kind `usage` if it cannot be read.
 */
export function readIgnoreFile(path: string): (file: string) => boolean {
  try {
    const folder = dirname(resolve(path));
    const rules = ignore().add(readFileSync(path, 'utf8'));
    return (file) => {
      const below = relative(folder, resolve(file)).split(sep).join('/');
      return below !== '' && !below.startsWith('../') && rules.ignores(below);
    };
  } catch (error) {
    throw usageError(
      `--ignore-file ${path} cannot be read: ${whyUnread(error)}`,
      'It lists pages and pictures to leave out, as .gitignore does.',
      error,
    );
  }
}

export function withSlash(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
