import { realpathSync } from 'node:fs';
import { platform } from 'node:os';
import { resolve } from 'node:path';
import type { HashedTexts } from '../../domain/text-hash.js';

/**
 * Knows files that are no links by their real paths, whatever they were called. Files of the same
 * folder follow each other in most lists.
 */
export class RealPaths {
  readonly #known: Pick<HashedTexts, 'add' | 'addPath'>;
  #folder: string | undefined;
  #realFolder = '';

  constructor(known: Pick<HashedTexts, 'add' | 'addPath'>) {
    this.#known = known;
  }

  /** @returns whether the file was not known before. */
  add(path: string): boolean {
    // Elsewhere the system may spell the name of a file in another way than the list does.
    if (platform() !== 'linux') return this.#known.add(realPath(path));
    const start = path.lastIndexOf('/') + 1;
    if (this.#folder?.length !== start || !path.startsWith(this.#folder)) {
      this.#folder = path.slice(0, start);
      const real = realPath(this.#folder || '.');
      this.#realFolder = real.endsWith('/') ? real : `${real}/`;
    }
    return this.#known.addPath(this.#realFolder, path.slice(start));
  }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}
