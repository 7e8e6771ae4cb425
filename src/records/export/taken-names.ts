import { hash } from 'node:crypto';
import { extname } from 'node:path';
import type { ExportPlan } from './export-format.js';

/** A path without the ending of its file. */
export function stemOf(path: string): string {
  const ending = extname(path);
  return ending === '' ? path : path.slice(0, -ending.length);
}

/** The names that an export has given to its files: two pictures may want the same one. */
export class TakenNames {
  readonly #plan: Pick<ExportPlan, 'leaveOut'>;
  readonly #ending: string;
  /** By a digest, since a million paths would take much memory. */
  readonly #taken = new Set<number>();

  constructor(plan: Pick<ExportPlan, 'leaveOut'>, ending: string) {
    this.#plan = plan;
    this.#ending = ending;
  }

  /** Takes a name for a picture. Returns whether it was free; the plan is told otherwise. */
  take(name: string, image: string): boolean {
    // Some file systems do not tell capitals from small letters.
    const digest = hash('sha256', name.toLowerCase(), 'buffer').readUIntBE(0, 6);
    if (!this.#taken.has(digest)) {
      this.#taken.add(digest);
      return true;
    }
    this.#plan.leaveOut(image, {
      one: `would get the same .${this.#ending} as another picture (--naming full keeps them apart)`,
      many: `would get the same .${this.#ending} as other pictures (--naming full keeps them apart)`,
      kind: 'usage',
    });
    return false;
  }
}
