// What pictures are called in an export, which others may read: without the folders of this machine above them.
import { homedir } from 'node:os';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { isWebAddress } from '../../images/find/reference.js';
import { shownName } from '../row-view.js';

/** On any system, since a ledger may come from another one. */
const OF_WINDOWS = /^(?:[a-z]:[\\/]|\\\\)/i;

/**
 * A name in the working folder is relative to it. The others are relative to the folder that those of
 * one root have in common, so that all names have to be noted before the first is asked for.
 */
export class ShownNames {
  readonly #working = resolve('.');
  readonly #home = homedir();
  /** The folders that names outside of the working folder have in common, by their root. */
  readonly #above = new Map<string, readonly string[]>();

  note(image: string): void {
    const outside = this.#outside(image);
    if (outside === undefined) return;
    const { root, parts } = outside;
    const folders = parts.slice(0, -1);
    const known = this.#above.get(root) ?? folders;
    const differs = known.findIndex((part, index) => part !== folders[index]);
    this.#above.set(root, differs < 0 ? known : known.slice(0, differs));
  }

  of(image: string): string {
    if (image === '-' || isWebAddress(image)) return shownName(image);
    const outside = this.#outside(image);
    if (outside === undefined) {
      return isAbsolute(image) ? relative(this.#working, image).split(sep).join('/') : image;
    }
    const { root, parts } = outside;
    return parts.slice(this.#above.get(root)?.length ?? 0).join('/');
  }

  /** A text of the program, such as why a picture failed, with what it says of these folders taken out. */
  within(text: string): string {
    const folders = [
      this.#working,
      ...[...this.#above].map(([root, parts]) => [root, ...parts].join('/')),
    ].flatMap((folder) => [folder, folder.replaceAll('/', '\\')]);
    const known = folders.filter((folder) => /[^\\/:]/.test(folder));
    const short = known
      .sort((one, other) => other.length - one.length)
      .reduce((rest, folder) => withoutFolder(rest, folder), text);
    return /[^\\/]/.test(this.#home) ? short.replaceAll(this.#home, '~') : short;
  }

  /** The root and the parts of a name that leads out of the working folder. */
  #outside(image: string): { root: string; parts: readonly string[] } | undefined {
    if (image === '-' || isWebAddress(image)) return undefined;
    if (OF_WINDOWS.test(image) && sep === '/') return rootAndParts(image);
    const path = resolve(image);
    const inside = relative(this.#working, path);
    const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return isOutside ? rootAndParts(path) : undefined;
  }
}

function rootAndParts(path: string): { root: string; parts: readonly string[] } {
  const [root = '', ...parts] = path.replaceAll('\\', '/').split('/');
  return { root, parts };
}

function withoutFolder(text: string, folder: string): string {
  return text.replaceAll(`${folder}/`, '').replaceAll(`${folder}\\`, '');
}
