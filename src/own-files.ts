// Where the package's own files are. Nothing else in src may ask where it stands itself: that differs between the
// sources, one module a file, and the package that is built, in which many modules are one file.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder with package.json, of a clone as of an installed package. */
export const ownFolder = dirname(import.meta.dirname);

/** The path of a file that comes with the package, by its path in there. */
export function ownFile(path: string): string {
  return join(ownFolder, path);
}

/** A program that is started by its path, as a thread or a process of its own. */
export type OwnProgram = 'decode-worker' | 'decoder-process' | 'pixels-thread';

/** The path of a program, which is always one that is built: Node starts no TypeScript. */
export function ownProgram(name: OwnProgram): string {
  return ownFile(`dist/${name}.cjs`);
}

/**
 * `require` for packages: for those that have to load at once, that users may install beside this one, or
 * whose ES module makes Node print a warning.
 */
export const requirePackage: NodeJS.Require = createRequire(ownFile('package.json'));
