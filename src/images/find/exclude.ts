import { type GeminiImageError, usageError } from '../../domain/error.js';
import { withLowerEnding } from './glob.js';
import { composed, withSlashes } from './name-forms.js';

/** Tells what `--exclude` leaves out. */
export interface Exclusion {
  /**
   * @param path a file or folder as the user would write it.
   * @param start the index in the path at which the part below the named folder begins.
   */
  leavesOut(path: string, start: number, isFolder: boolean): boolean;
  /** Whether a path that was named by itself is left out, by its name or by a folder in it. */
  leavesOutNamed(path: string, isFolder: boolean): boolean;
}

/**
 * A glob without a slash matches the name of a file or folder, wherever it is; one with a slash
 * matches the path, from the working folder or from the folder that was named. One that ends in a
 * slash is for folders. Endings match in upper and lower case, names in each Unicode form.
 *
 * @throws GeminiImageError of kind `usage` if a glob is empty.
 */
export async function readExclusion(
  globs: readonly string[] | undefined,
): Promise<Exclusion | undefined> {
  if (globs === undefined || globs.length === 0) return undefined;
  const { Minimatch } = await import('minimatch');
  const patterns = globs.map((glob) => {
    const written = withoutDots(composed(withSlashes(glob))).replace(/\/+$/, '');
    if (written.trim() === '') throw empty(glob);
    // If everything in a folder is left out, the folder need not be entered.
    const folder = written.replace(/\/\*\*$/, '');
    const options = { dot: true, nocomment: true, nonegate: true };
    const matchers = [...new Set([written, folder])]
      .flatMap((one) => new Minimatch(one, options).braceExpand())
      .flatMap((one) => [...new Set([one, withLowerEnding(one)])])
      .map((one) => new Minimatch(one, { ...options, nobrace: true }));
    return {
      isForFolders: withSlashes(glob).endsWith('/'),
      isPath: written.includes('/'),
      matches: (path: string) =>
        matchers.some((matcher) => matcher.match(path) || matcher.match(withLowerEnding(path))),
    };
  });
  const leavesOut: Exclusion['leavesOut'] = (path, start, isFolder) => {
    const whole = composed(withoutDots(path));
    const below = composed(path.slice(start));
    const name = whole.slice(whole.lastIndexOf('/') + 1);
    return patterns.some(({ isForFolders, isPath, matches }) => {
      if (isForFolders && !isFolder) return false;
      return isPath ? matches(whole) || matches(below) : matches(name);
    });
  };
  return {
    leavesOut,
    leavesOutNamed(path, isFolder) {
      const named = path.replace(/\/+$/, '');
      if (leavesOut(named, 0, isFolder)) return true;
      let slash = named.lastIndexOf('/');
      for (; slash > 0; slash = named.lastIndexOf('/', slash - 1)) {
        if (leavesOut(named.slice(0, slash), 0, true)) return true;
      }
      return false;
    },
  };
}

function withoutDots(path: string): string {
  return path.replace(/^(?:\.\/+)+/, '');
}

function empty(glob: string): GeminiImageError {
  return usageError(
    `--exclude ${JSON.stringify(glob)} names nothing`,
    "Give a glob in quotes: --exclude '*_thumb.jpg'.",
  );
}
