import { realpathSync } from 'node:fs';
import { platform } from 'node:os';
import { basename, dirname, resolve } from 'node:path';

/** The real paths of files that are no links. Files of the same folder follow each other in most lists. */
export class RealPaths {
  #folder: string | undefined;
  #realFolder = '';

  of(path: string): string {
    // Elsewhere the system may spell the name of a file in another way than the list does.
    if (platform() !== 'linux') return realPath(path);
    const folder = dirname(path);
    if (folder !== this.#folder) {
      this.#realFolder = realPath(folder);
      this.#folder = folder;
    }
    const name = basename(path);
    return this.#realFolder.endsWith('/') ? this.#realFolder + name : `${this.#realFolder}/${name}`;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}
