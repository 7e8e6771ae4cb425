import { access, constants, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GeminiImageError, inputError, usageError } from '../../domain/error.js';
import type { OkRecord } from '../../domain/record.js';
import { isDiskFailure } from '../../domain/system-errors.js';
import {
  createOutputPaths,
  isThere,
  type PathWords,
  pathBelow,
} from '../../engine/output-paths.js';
import { startDecoding } from '../../images/decoders/decode-apart.js';
import { namesOnePicture } from '../../images/find/find-images.js';
import { type ImageReference, pageMark } from '../../images/find/reference.js';
import type { OpenOptions } from '../../images/open/open.js';
import { type OverlayEnding, overlayEnding } from '../../images/overlay/encoders.js';
import { overlayOf } from '../../images/overlay/overlay-of.js';
import { isFreeForOverlay } from '../../images/overlay/own-overlay.js';
import type { CommandContext } from '../../run/context.js';
import { loadSettings, type RunOptions } from '../../run/options.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import type { ReservedFiles } from '../../storage/reserved-files.js';
import { expectWritable, prepareFolder, writeSidecar } from '../../storage/sidecar-file.js';
import { removeLeftOvers } from '../../storage/temporary-file.js';
import { readDetection } from './boxes.js';

/** Copies of pictures with their boxes drawn. */
export interface Overlays {
  /** Whether the picture already has an overlay. */
  isThere(picture: ImageReference): Promise<boolean>;
  /**
   * Checks that an overlay can be written, before its picture is asked about.
   *
   * @throws GeminiImageError of kind `usage` or `input`.
   */
  admit(picture: ImageReference): Promise<void>;
  /**
   * Draws the boxes of a picture, and writes its overlay.
   *
   * @returns the number of boxes.
   * @throws GeminiImageError of kind `input` or `service` if the picture cannot be read again; of
   *   kind `usage` if the overlay cannot be written, which ends the run if the disk is the reason.
   */
  draw(picture: ImageReference, record: OkRecord): Promise<number>;
}

export interface OverlaySettings {
  /** A file for one picture, or a folder that repeats the folders of the pictures. */
  place: { file: string } | { folder: string };
  /** Other files that the run reads or writes. */
  reserved: ReservedFiles;
  /** Whether files that are not overlays may be replaced. */
  overwrite: boolean;
  /** How pictures are opened again. */
  open: OpenOptions;
}

const WORDS: PathWords = {
  what: 'overlay',
  one: 'an overlay',
  folderFlag: '--overlay',
  ifOwnPath: 'Name another place with --overlay.',
};

/** The format of overlays for pictures whose own format is not written. */
const USUAL_ENDING: OverlayEnding = '.png';

export function overlaysOf({ place, reserved, overwrite, open }: OverlaySettings): Overlays {
  const paths = createOutputPaths(WORDS);
  const pathOf = (picture: ImageReference): string =>
    paths.take('file' in place ? place.file : overlayBelow(place.folder, picture), picture);
  const makesFolders = 'folder' in place;
  const swept = new Set<string>();
  const expectFree = async (path: string) => {
    const why = await reserved.reasonFor(path, await stat(path).catch(() => undefined));
    if (why !== undefined) {
      throw inputError(`its overlay ${path} cannot be written: ${why}`, WORDS.ifOwnPath);
    }
    if (!overwrite && !(await isFreeForOverlay(path))) {
      throw inputError(`${path} is there already, and is no overlay`, WORDS.ifOwnPath);
    }
  };
  return {
    isThere: (picture) => isThere(pathOf(picture)),

    async admit(picture) {
      const path = pathOf(picture);
      await expectWritable(path, { makesFolders, hint: WORDS.ifOwnPath });
      await expectFree(path);
      const inside = dirname(path);
      if (swept.has(inside)) return;
      swept.add(inside);
      await removeLeftOvers(inside);
    },

    async draw(picture, record) {
      const path = pathOf(picture);
      await expectFree(path);
      const boxes = readDetection(record.data);
      if (!boxes) throw inputError('its record holds no boxes', 'Ask anew with --overwrite.');
      const found = { sha256: record.sha256, boxes };
      const ending = overlayEnding(path) ?? USUAL_ENDING;
      const { bytes } = await overlayOf(picture, found, { ...open, ending });
      try {
        await writeSidecar(path, bytes, {
          // An older overlay may be replaced: drawing it again costs nothing.
          existing: (await isFreeForOverlay(path)) ? 'none' : 'numbered',
          makesFolders,
          hint: 'Make room or name another place with --overlay; then start again.',
        });
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        throw isDiskFailure(error.cause) ? error.with({ reason: 'disk' }) : error;
      }
      return boxes.length;
    },
  };
}

/** `photo.jpg` becomes `photo.boxes.jpg`, a name that no other picture is likely to have. */
function overlayBelow(folder: string, picture: ImageReference): string {
  const path = pathBelow(folder, picture, WORDS);
  const ending = extname(path);
  const [stem, kept] =
    overlayEnding(path) === undefined
      ? [basename(path), USUAL_ENDING]
      : [basename(path, ending), ending];
  return join(dirname(path), `${stem}${pageMark(picture)}.boxes${kept}`);
}

const ELSEWHERE = 'Name another place with --overlay.';

/**
 * Checks that overlays can be drawn and written, before anything is paid for.
 *
 * @param overlay a file for one picture, or a folder.
 * @throws GeminiImageError of kind `usage` or `input`.
 */
export async function openOverlays(
  overlay: string,
  run: RunOptions,
  reserved: ReservedFiles,
  context: CommandContext,
): Promise<Overlays> {
  await startDecoding('--overlay needs sharp, which');
  const isFolder =
    overlay.endsWith('/') || !(await namesOnePicture(run.find)) || (await isDirectory(overlay));
  const open = loadSettings(run, await context.settings(run.ask), isFolder, context);
  const { file, failed, overwrite } = run.outputs;
  for (const other of [file, failed]) {
    if (other === undefined || other === '-') continue;
    if (resolve(other) === resolve(overlay)) {
      throw usageError(`${overlay} is wanted for the overlay and for something else`, ELSEWHERE);
    }
    reserved.add([other], 'it is wanted for something else');
  }
  if (isFolder) {
    await admitFolder(overlay, run.find);
    return overlaysOf({ place: { folder: overlay }, reserved, overwrite, open });
  }
  await admitFile(overlay, reserved, overwrite);
  return overlaysOf({ place: { file: overlay }, reserved, overwrite, open });
}

async function admitFile(
  overlay: string,
  reserved: ReservedFiles,
  overwrite: boolean,
): Promise<void> {
  if (overlayEnding(overlay) === undefined) {
    const orFolder = extname(overlay) === '' ? `, or a folder: ${overlay}/` : '';
    throw usageError(
      `${overlay} does not end in a type of picture that can be written`,
      `Give a name that ends in .png, .jpg or .webp${orFolder}.`,
    );
  }
  // The picture itself may never be replaced, even if other pictures may.
  await outputTarget(overlay, reserved, ELSEWHERE);
  try {
    // With `/.`, a file that stands where the folder should be is refused.
    await access(`${dirname(overlay)}/.`, constants.W_OK);
  } catch (error) {
    throw writeFailure(overlay, error, ELSEWHERE);
  }
  if (overwrite || (await isFreeForOverlay(overlay))) return;
  throw usageError(
    `${overlay} is there already, and is no overlay`,
    'Name another file with --overlay, or give --overwrite.',
  );
}

async function admitFolder(
  overlay: string,
  { images, recursive }: RunOptions['find'],
): Promise<void> {
  if (images.includes('-')) {
    throw usageError(
      'a picture from stdin has no name after which its overlay could be named',
      'Name a file: --overlay boxes.png.',
    );
  }
  if (
    overlayEnding(overlay) !== undefined &&
    !overlay.endsWith('/') &&
    !(await isDirectory(overlay))
  ) {
    throw usageError(
      `${overlay} is the name of one picture, and there may be several`,
      `Give a folder: --overlay ${overlay.slice(0, -extname(overlay).length)}/`,
    );
  }
  for (const image of images) {
    if (!(await isDirectory(image)) || !isFoundIn(overlay, image, recursive)) continue;
    throw usageError(
      `overlays in ${overlay} would be taken for pictures of ${image} the next time`,
      'Name a folder elsewhere with --overlay.',
    );
  }
  await prepareFolder(overlay, ELSEWHERE);
}

/** Whether a run over one folder would find files of the other. */
function isFoundIn(folder: string, searched: string, recursive: boolean): boolean {
  const way = relative(resolve(searched), resolve(folder));
  return way === '' || (recursive && way !== '..' && !way.startsWith(`..${sep}`));
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** A context that reads standard input once and returns it again for the overlay. */
export function withLastingInput(context: CommandContext): CommandContext {
  const { stdin } = context;
  let whole: Promise<Buffer> | undefined;
  const read = async function* () {
    whole ??= buffer(stdin.stream());
    yield await whole;
  };
  return { ...context, stdin: { ...stdin, stream: () => Readable.from(read()) } };
}
