// The pictures of the ledger for the page: made smaller by the decoder, and kept in the cache folder.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { PictureFormat } from '../domain/picture.js';
import { KEEP_BACKGROUND } from '../domain/picture.js';
import type { NamedPicture } from '../domain/record.js';
import { prepareApart } from '../images/decoders/decode-apart.js';
import { isWebAddress, pageMark } from '../images/find/reference.js';
import { fileState } from '../images/open/file.js';
import { look, openFile } from '../images/open/open.js';
import { tiffPage } from '../images/pages.js';
import { adapt } from '../images/prepare/adapt.js';
import { openPreview } from '../images/raw/preview.js';
import { recognise } from '../images/recognise.js';
import { sizeIn } from '../images/size.js';
import { thumbnailPath } from '../storage/cache-folder.js';

export type PictureSize = 'small' | 'large';

/** The longest side, in pixels. */
const EDGES: Readonly<Record<PictureSize, number>> = { small: 480, large: 2048 };

export interface ShownPicture {
  bytes: Uint8Array;
  mimeType: string;
}

export interface PictureMaker {
  /**
   * A picture of the ledger, upright and no larger than that.
   *
   * @throws GeminiImageError of kind `input` if it cannot be read or decoded.
   */
  make(
    picture: { image: string } | NamedPicture,
    size: PictureSize,
    signal?: AbortSignal,
  ): Promise<ShownPicture>;
  /**
   * A picture of the ledger to be taken along: without metadata, and otherwise as it is. One that
   * browsers do not show is made a JPEG or PNG, as `make` does.
   *
   * @throws GeminiImageError of kind `input` if it cannot be read or decoded.
   */
  copy(picture: { image: string } | NamedPicture, signal?: AbortSignal): Promise<ShownPicture>;
}

/**
 * Where a picture of a ledger is: relative to the working folder, as when it was described, or else to
 * the folder of the ledger. Undefined if it is no file.
 */
export function pathOf(
  picture: { image: string } | NamedPicture,
  ledger: string,
): string | undefined {
  const { image } = picture;
  if (image === '-' || isWebAddress(image)) return undefined;
  const page = 'page' in picture ? picture.page : undefined;
  const mark = pageMark(page === undefined ? {} : { page });
  const name = mark !== '' && image.endsWith(mark) ? image.slice(0, -mark.length) : image;
  if (isAbsolute(name) || existsSync(name)) return name;
  const beside = join(dirname(ledger), name);
  return existsSync(beside) ? beside : name;
}

/** @param folder the cache folder; without it, nothing is kept. */
export function pictureMaker(ledger: string, folder: string | undefined): PictureMaker {
  return {
    async make(picture, size, signal) {
      const path = pathOf(picture, ledger) ?? '';
      const page = 'page' in picture ? picture.page : undefined;
      const kept = folder === undefined ? undefined : keptPath(folder, path, page, size);
      const before = kept === undefined ? undefined : await readKept(kept);
      if (before) return before;
      const made = await shrink(path, page, EDGES[size], signal);
      if (kept !== undefined) await keep(kept, made.bytes);
      return made;
    },
    async copy(picture, signal) {
      const path = pathOf(picture, ledger) ?? '';
      const page = 'page' in picture ? picture.page : undefined;
      const opened = await openFile(path, { signal });
      const { formatName } = look(opened, recognise);
      if (!SHOWN_AS_THEY_ARE.includes(formatName)) {
        return shrink(path, page, EDGES.large, signal);
      }
      const options = { maxEdge: 0, keepMetadata: false, original: false, damaged: true, signal };
      const { content, mimeType, notices } = await adapt(opened, formatName, {
        ...options,
        background: KEEP_BACKGROUND,
      });
      // Where it cannot be taken out, the picture is made anew.
      if (notices.some(({ topic }) => topic === 'stays')) return shrink(path, page, 0, signal);
      return { bytes: await content.read(0, content.size), mimeType };
    },
  };
}

/** Formats that browsers show, and from which metadata can be taken out without a loss. */
const SHOWN_AS_THEY_ARE: readonly PictureFormat[] = ['jpeg', 'png', 'webp'];

async function shrink(
  path: string,
  page: number | undefined,
  maxEdge: number,
  signal: AbortSignal | undefined,
): Promise<ShownPicture> {
  const opened = await openFile(path, { signal });
  const { formatName } = look(opened, recognise);
  const isRaw = formatName === 'raw';
  const shown = isRaw ? openPreview(opened).image : opened;
  const format: PictureFormat = isRaw ? 'jpeg' : formatName;
  const ofPage =
    page === undefined || format !== 'tiff' ? undefined : look(shown, (s) => tiffPage(s, page));
  const size = ofPage?.size ?? (await sizeIn(shown, format));
  const options = { maxEdge, keepMetadata: false, damaged: true, directory: ofPage?.directory };
  const { bytes, mimeType } = await prepareApart(shown, format, options, { size, signal });
  return { bytes, mimeType };
}

/** A file that changes gets another name, so that an old picture is never shown for a new one. */
function keptPath(
  folder: string,
  path: string,
  page: number | undefined,
  size: PictureSize,
): string | undefined {
  const state = fileState(path);
  if (!state) return undefined;
  const key = JSON.stringify([resolve(path), page, state.size, state.mtimeMs, EDGES[size]]);
  return thumbnailPath(folder, key);
}

async function readKept(path: string): Promise<ShownPicture | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const mimeType = typeOf(bytes);
  return mimeType === undefined ? undefined : { bytes, mimeType };
}

/** By the end as well as the beginning: a file that was cut off is made anew. */
function typeOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return 'image/jpeg';
  return bytes[0] === 0x89 && bytes.includes('IEND', -12) ? 'image/png' : undefined;
}

/** A picture that cannot be kept is made again the next time. */
async function keep(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    // Small pictures of private ones are private.
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, bytes, { mode: 0o600 });
    await rename(temporary, path);
  } catch {
    // The disk may be full, or the folder not ours; the picture is shown all the same.
  }
}
