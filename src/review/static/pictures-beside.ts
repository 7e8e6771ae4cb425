// The pictures of an export: small ones beside the page, and the way to the large ones.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GeminiImageError } from '../../domain/error.js';
import type { NamedPicture } from '../../domain/record.js';
import { withoutEnding } from '../../images/find/reference.js';
import type { PictureView } from '../api.js';
import { type PictureMaker, pathOf, type ShownPicture } from '../pictures.js';
import { linkOf, linkTo } from './links.js';

export interface PicturesBesideOptions {
  ledger: string;
  /** Where the export is made. */
  folder: string;
  /** Where it will be: links begin there. */
  target: string;
  pictures: PictureMaker;
  /** Whether large pictures are taken along. */
  copies: boolean;
  signal: AbortSignal;
}

/** Where the page finds a picture, and why it does not find all that it could. */
export interface Beside extends Pick<PictureView, 'thumb' | 'large' | 'isBroken'> {
  /** Why it cannot be shown. */
  problem?: string;
  /** It is no file. */
  isElsewhere?: true;
  /** Only a link that names all folders above it would lead to it. */
  isFar?: true;
}

/** So many pictures are in one folder. */
const IN_FOLDER = 1000;
/** Of the name of a picture, in characters; what is before it makes it another name than all others. */
const LONGEST_STEM = 60;

export class PicturesBeside {
  readonly #options: PicturesBesideOptions;
  readonly #folders = new Map<string, Promise<unknown>>();

  constructor(options: PicturesBesideOptions) {
    this.#options = options;
  }

  /**
   * Puts a picture beside the page.
   *
   * @param number of the picture among those of its row.
   * @throws errors of the system if it cannot be written, and of kind `interrupted`.
   */
  async add(
    picture: { image: string } | NamedPicture,
    position: number,
    number: number,
  ): Promise<Beside> {
    const { ledger, pictures, signal } = this.#options;
    const path = pathOf(picture, ledger);
    if (path === undefined) return { isElsewhere: true };
    if (!existsSync(path)) return { isBroken: true, problem: 'it is not there any more' };
    const name = number === 0 ? String(position) : `${position}-${number}`;
    const folder = String(Math.floor(position / IN_FOLDER));
    const small = await unlessBroken(pictures.make(picture, 'small', signal));
    const shown =
      'problem' in small
        ? ({ isBroken: true, ...small } as const)
        : { thumb: await this.#write(['thumbnails', folder, name], small) };
    return { ...shown, ...(await this.#large(picture, path, [folder, name])) };
  }

  async #large(
    picture: { image: string } | NamedPicture,
    path: string,
    [folder, name]: readonly [folder: string, name: string],
  ): Promise<Pick<Beside, 'large' | 'problem' | 'isFar'>> {
    const { target, pictures, copies, signal } = this.#options;
    if (copies) {
      const copy = await unlessBroken(pictures.copy(picture, signal));
      if ('problem' in copy) return copy;
      return { large: await this.#write(['pictures', folder, `${name}-${stemOf(path)}`], copy) };
    }
    // A browser that knows the format would show the first page of a file for all of them.
    if ('page' in picture && picture.page !== undefined && picture.page > 1) return {};
    const large = linkTo(path, target);
    return large === undefined ? { isFar: true } : { large };
  }

  /** Returns the link to it. */
  async #write(parts: readonly string[], { bytes, mimeType }: ShownPicture): Promise<string> {
    const named = [...parts.slice(0, -1), `${parts.at(-1)}.${ENDINGS[mimeType] ?? 'jpg'}`];
    const path = join(this.#options.folder, ...named);
    const folder = dirname(path);
    const made = this.#folders.get(folder) ?? mkdir(folder, { recursive: true });
    this.#folders.set(folder, made);
    await made;
    await writeFile(path, bytes, { flag: 'wx' });
    return linkOf(named) ?? '';
  }
}

const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
};

/** A picture, or why there is none. */
async function unlessBroken(
  made: Promise<ShownPicture>,
): Promise<ShownPicture | { problem: string }> {
  try {
    return await made;
  } catch (error) {
    if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') throw error;
    return { problem: error.message };
  }
}

/** The name of a file without its ending, of signs that all systems and servers take. */
function stemOf(path: string): string {
  const stem = withoutEnding(basename(path)).replaceAll(/[^\p{L}\p{N}._ -]/gu, '_');
  return [...stem]
    .slice(0, LONGEST_STEM)
    .join('')
    .replace(/[. ]+$/, '');
}
