import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In MB, of all that npm installs by default. */
export const LIMIT_MB = 45;

export const MB = 1 << 20;
/** What a file system gives out at once, on most disks. */
const BLOCK = 4096;
const OURS = 'gemini-image';
const SHARED = 'what several of them bring';

/** Of what npm packs besides `files` of the manifest. */
const ALWAYS_PACKED = ['package.json', 'README.md', 'LICENSE'];

/**
 * What the packages of an installation take on the disk, by the dependencies of ours that bring them.
 * What several of them bring is a part of its own.
 *
 * @param root a clone of ours in which dependencies are installed; those of development do not count.
 * @returns in MB, the largest first.
 */
export function installedParts(root) {
  const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
  const { dependencies, optionalDependencies, files } = read('package.json');
  const { packages } = read('package-lock.json');
  const direct = Object.keys({ ...dependencies, ...optionalDependencies });

  const sizeAt = (path) => sizeOf(join(root, path), { withInner: false });
  const sizes = new Map([[OURS, sum([...files, ...ALWAYS_PACKED].map(sizeAt))]]);
  const broughtBy = new Map();
  for (const name of direct) {
    sizes.set(name, 0);
    for (const path of treeOf(packages, `node_modules/${name}`)) {
      broughtBy.set(path, [...(broughtBy.get(path) ?? []), name]);
    }
  }
  for (const [path, names] of broughtBy) {
    // Builds for other systems are in the lock file, and are not installed.
    if (!existsSync(join(root, path))) continue;
    const name = path.slice('node_modules/'.length);
    const part = names.length === 1 ? names[0] : names.includes(name) ? name : SHARED;
    sizes.set(part, (sizes.get(part) ?? 0) + sizeAt(path));
  }
  return [...sizes]
    .map(([name, bytes]) => ({ name, mb: bytes / MB }))
    .sort((one, other) => other.mb - one.mb);
}

/** The paths of a package and of all that it needs, in the order in which npm looks for them. */
function treeOf(packages, path, found = new Set()) {
  if (found.has(path) || !packages[path]) return found;
  found.add(path);
  const { dependencies, optionalDependencies } = packages[path];
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    for (
      let folder = `${path}/`;
      ;
      folder = folder.replace(/node_modules\/(?:@[^/]+\/)?[^/]+\/$/, '')
    ) {
      const candidate = `${folder}node_modules/${name}`;
      if (packages[candidate]) treeOf(packages, candidate, found);
      if (packages[candidate] || folder === '') break;
    }
  }
  return found;
}

/**
 * In bytes, in whole blocks.
 *
 * @param withInner whether packages count that lie inside of it.
 */
export function sizeOf(path, { withInner }) {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return Math.ceil(stats.size / BLOCK) * BLOCK;
  const names = readdirSync(path).filter((name) => withInner || name !== 'node_modules');
  return BLOCK + sum(names.map((name) => sizeOf(join(path, name), { withInner })));
}

/** In MB. */
export function totalOf(parts) {
  return sum(parts.map(({ mb }) => mb));
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}
