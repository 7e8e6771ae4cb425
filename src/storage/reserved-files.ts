import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { placeOf } from './place.js';

/** Files that nothing may be written over, as the user named them. */
export type Untouchable = readonly string[] | ReservedFiles;

const READ = 'it is being read';

/**
 * The files that a run reads and writes. Every file that the run is about to write is compared with
 * them, whatever its name, and is then added to them.
 */
export class ReservedFiles {
  /** Why each is reserved, by its name. */
  readonly #names = new Map<string, string>();
  /** Names that nothing was compared with yet. */
  readonly #unseen = new Map<string, string>();
  /** The reasons by path, as written and without links, and by device and inode. */
  readonly #known = new Map<string, string>();

  constructor(names: readonly string[] = [], why = READ) {
    this.add(names, why);
  }

  /** @param why in words that follow "x cannot be written: ". */
  add(names: readonly string[], why = READ): void {
    for (const name of names) {
      if (name === '') continue;
      this.#names.set(name, why);
      this.#unseen.set(name, why);
    }
  }

  /** Why a path is reserved, if it is. */
  async reasonFor(path: string, existing: Stats | undefined): Promise<string | undefined> {
    await this.#look();
    return this.#known.get(resolve(path)) ?? (existing && this.#known.get(identity(existing)));
  }

  /** A copy without one file that may be written over, whatever its name. */
  without(name: string): ReservedFiles {
    const others = new ReservedFiles();
    for (const [other, why] of this.#names) {
      if (resolve(other) !== resolve(name)) others.add([other], why);
    }
    return others;
  }

  async #look(): Promise<void> {
    for (const [name, why] of this.#unseen) {
      this.#unseen.delete(name);
      this.#known.set(resolve(name), why);
      const place = await placeOf(name).catch(() => undefined);
      if (place) this.#known.set(place.target, why);
      const file = await stat(name).catch(() => undefined);
      // A folder that is read does not reserve the files in it.
      if (file && !file.isDirectory()) this.#known.set(identity(file), why);
    }
  }
}

export function reservedFiles(untouchable: Untouchable): ReservedFiles {
  return untouchable instanceof ReservedFiles ? untouchable : new ReservedFiles(untouchable);
}

function identity({ dev, ino }: Stats): string {
  // It cannot be equal to a path, because all paths here begin with a root.
  return `${dev}:${ino}`;
}
