// Where the answers about a picture are written: into the picture, or into a sidecar beside it.
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GeminiImageError, inputError, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import { lookInto } from '../../images/open/byte-source.js';
import type { ExiftoolProcess } from '../exiftool/exiftool-process.js';
import { type Exiftool, findExiftool, INSTALL } from '../exiftool/find-exiftool.js';
import { readEmbedded, readSidecarWords } from '../says.js';
import { findSidecars, type SidecarNaming } from '../sidecar-names.js';
import type { OwnWriting } from '../written.js';
import type { ChangeOptions } from './give-way.js';
import { type MetadataFile, NotEmbedded } from './metadata-file.js';
import { openPicture, unwritableFormat } from './picture-file.js';
import type { OtherSource } from './plan.js';
import { openSidecar, sidecarChooser } from './sidecar.js';

/**
 * `embed` is the picture itself, `xmp` a sidecar; `auto` is the picture where that can be done, and
 * else a sidecar.
 */
export type Into = 'auto' | 'embed' | 'xmp';

export interface PlacesOptions extends ChangeOptions {
  into: Into;
  /** How a sidecar that has to be made is called. */
  naming: SidecarNaming | undefined;
  /** The folders in which exiftool is looked for, as the system lists them. */
  searchPath: string | undefined;
}

/** Finds and opens the files that are written. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #tell: Tell<'sidecarInstead' | 'warning'>;
  readonly #sidecarOf: (picture: string) => Promise<string>;
  #found: Promise<Exiftool> | undefined;
  /** The reasons that were said. */
  readonly #said = new Set<string>();

  constructor(options: PlacesOptions, tell: Tell<'sidecarInstead' | 'warning'>) {
    this.#options = options;
    this.#tell = tell;
    this.#sidecarOf = sidecarChooser(options.naming);
  }

  /**
   * Opens the file into which a picture's answers go.
   *
   * @param own what was written about the picture before.
   * @throws GeminiImageError of kind `usage` if nothing can be embedded and nothing else is wanted, of
   *   kind `input` if this picture cannot be written.
   */
  async open(image: string, own: OwnWriting): Promise<MetadataFile> {
    const { into } = this.#options;
    if (into === 'xmp') return this.openSidecar(image);
    // A sidecar that was begun is kept up, since programs that read it would show what is old in it.
    if (into === 'auto' && hasSidecar(image, own)) return this.openSidecar(image);
    try {
      return await this.openPicture(image);
    } catch (error) {
      return this.instead(image, error);
    }
  }

  /**
   * The sidecar that takes what could not be embedded.
   *
   * @throws GeminiImageError of kind `input` if no sidecar is wanted; `error` if it is another.
   */
  async instead(image: string, error: unknown): Promise<MetadataFile> {
    if (!(error instanceof NotEmbedded)) throw error;
    const { why, topic } = error;
    // Why nothing can be embedded is not said a second time as a problem of the picture.
    this.#said.add(`${image}: ${why}`);
    if (this.#options.into === 'embed') {
      throw inputError(
        why,
        'It is as it was. Give --into auto for a sidecar where nothing can be embedded.',
      );
    }
    const file = await this.openSidecar(image);
    if (topic === undefined || !this.#said.has(topic)) {
      if (topic !== undefined) this.#said.add(topic);
      const { hint } = error;
      this.#tell({
        type: 'sidecarInstead',
        name: image,
        to: basename(file.path),
        why,
        topic,
        hint,
      });
    }
    return file;
  }

  /** Opens a file beside a picture, or the picture itself, that was written before. */
  async openNamed(image: string, name: string): Promise<MetadataFile> {
    if (name !== basename(image)) return openSidecar(join(dirname(image), name), this.#options);
    try {
      return await this.openPicture(image);
    } catch (error) {
      if (!(error instanceof NotEmbedded)) throw error;
      throw inputError(`nothing is written into it: ${error.why}`, 'It is as it was.');
    }
  }

  async openSidecar(image: string): Promise<MetadataFile> {
    return openSidecar(await this.#sidecarOf(image), this.#options);
  }

  /**
   * @throws NotEmbedded if the picture cannot be written into.
   * @throws GeminiImageError of kind `usage` if there is no exiftool and nothing else is wanted.
   */
  async openPicture(image: string): Promise<MetadataFile> {
    const format = unwritableFormat(image, statSync(image).size);
    if (format !== undefined) {
      throw new NotEmbedded(`nothing is written into ${format} itself`, format);
    }
    return openPicture(image, await this.#exiftool(), this.#options);
  }

  /** What else says something about a picture, besides the file that is written. */
  async others(image: string, file: MetadataFile, own: OwnWriting): Promise<OtherSource[]> {
    const { size } = statSync(image);
    const embedded = lookInto(image, size, (source) => readEmbedded((parse) => parse(source)));
    for (const problem of embedded.problems) this.#warn(image, `${image}: ${problem}`);
    const sources: OtherSource[] = [{ ...embedded, own: own.get(basename(image)) }];
    if (!file.isPicture) return sources;
    const { adobe, full } = findSidecars(image);
    for (const path of [full, adobe]) {
      if (path === undefined) continue;
      try {
        sources.push({ ...(await readSidecarWords(path)), own: own.get(basename(path)) });
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        this.#warn(image, `${path}: ${error.message}`);
      }
    }
    return sources;
  }

  async close(): Promise<void> {
    const found = await this.#found;
    if (found && 'process' in found) await found.process.close();
  }

  #warn(image: string, message: string): void {
    if (!this.#said.has(message)) this.#tell({ type: 'warning', image, message });
  }

  async #exiftool(): Promise<ExiftoolProcess> {
    this.#found ??= findExiftool(this.#options.searchPath);
    const found = await this.#found;
    if ('process' in found) return found.process;
    if (this.#options.into === 'auto') throw new NotEmbedded(found.why, 'exiftool', INSTALL);
    throw usageError(`nothing can be written into pictures: ${found.why}`, INSTALL).with({
      reason: 'output',
    });
  }
}

/** Whether answers were written into a sidecar that is still there. */
function hasSidecar(image: string, own: OwnWriting): boolean {
  return Object.values(findSidecars(image)).some(
    (path) => (own.get(basename(path))?.size ?? 0) > 0,
  );
}
