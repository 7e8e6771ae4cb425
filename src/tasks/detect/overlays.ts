import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { GeminiImageError } from '../../domain/error.js';
import type { OkRecord } from '../../domain/record.js';
import { createPlaces, isThere, type PlaceWords, placeBelow } from '../../engine/output-paths.js';
import { refused } from '../../images/errors.js';
import type { ImageReference } from '../../images/find/reference.js';
import type { OpenOptions } from '../../images/open/open.js';
import { type OverlayEnding, overlayEnding } from '../../images/overlay/encoders.js';
import { overlayOf } from '../../images/overlay/overlay-of.js';
import { isFreeForOverlay } from '../../images/overlay/own-overlay.js';
import { isLasting } from '../../storage/errors.js';
import type { ReservedFiles } from '../../storage/reserved-files.js';
import { expectWritable, writeSidecar } from '../../storage/sidecar-file.js';
import { removeLeftOvers } from '../../storage/temporary-file.js';
import { readDetection } from './read-detection.js';

/** Copies of pictures with what was found in them. */
export interface Overlays {
  /** Whether a picture has one already. */
  isThere(picture: ImageReference): Promise<boolean>;
  /**
   * Sees that an overlay could be written, before its picture is asked about.
   *
   * @throws GeminiImageError of kind `usage` or `input`.
   */
  admit(picture: ImageReference): Promise<void>;
  /**
   * Draws what was found in a picture, and writes it to its place.
   *
   * @throws GeminiImageError of kind `input` or `service` where the picture cannot be had once more;
   *   of kind `usage` where the place cannot be written to, which ends the run where it is the disk.
   */
  draw(picture: ImageReference, record: OkRecord): Promise<void>;
}

export interface OverlaySettings {
  /** A file for one picture, or a folder in which they lie as the pictures do. */
  place: { file: string } | { folder: string };
  /** Files that the run reads and writes besides. */
  reserved: ReservedFiles;
  /** Whether files that are no overlays may be replaced. */
  overwrite: boolean;
  /** How the pictures are opened once more. */
  open: OpenOptions;
}

const WORDS: PlaceWords = {
  what: 'overlay',
  one: 'an overlay',
  folderFlag: '--overlay',
  ifOwnPlace: 'Name another place with --overlay.',
};

/** In which overlays of pictures of other types are written. */
const USUAL_ENDING: OverlayEnding = '.png';

export function overlaysOf({ place, reserved, overwrite, open }: OverlaySettings): Overlays {
  const places = createPlaces(WORDS);
  const placeOf = (picture: ImageReference): string =>
    places.take('file' in place ? place.file : overlayBelow(place.folder, picture), picture);
  const makesFolders = 'folder' in place;
  const swept = new Set<string>();
  const expectFree = async (path: string) => {
    const why = await reserved.reasonFor(path, await stat(path).catch(() => undefined));
    if (why !== undefined) {
      throw refused(`its overlay ${path} cannot be written: ${why}`, WORDS.ifOwnPlace);
    }
    if (!overwrite && !(await isFreeForOverlay(path))) {
      throw refused(`${path} is there already, and is no overlay`, WORDS.ifOwnPlace);
    }
  };
  return {
    isThere: (picture) => isThere(placeOf(picture)),

    async admit(picture) {
      const path = placeOf(picture);
      await expectWritable(path, { makesFolders, hint: WORDS.ifOwnPlace });
      await expectFree(path);
      const inside = dirname(path);
      if (swept.has(inside)) return;
      swept.add(inside);
      await removeLeftOvers(inside);
    },

    async draw(picture, record) {
      const path = placeOf(picture);
      await expectFree(path);
      const boxes = readDetection(record.data);
      if (!boxes) throw refused('its record holds no boxes', 'Ask anew with --overwrite.');
      const found = { sha256: record.sha256, boxes };
      const ending = overlayEnding(path) ?? USUAL_ENDING;
      const { bytes } = await overlayOf(picture, found, { ...open, ending });
      try {
        await writeSidecar(path, bytes, {
          // An older overlay of ours costs nothing to draw again.
          existing: (await isFreeForOverlay(path)) ? 'none' : 'numbered',
          makesFolders,
          hint: 'Make room or name another place with --overlay; then start again.',
        });
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        throw error.with({ endsRun: isLasting(error) });
      }
    },
  };
}

/** `photo.jpg` gives `photo.boxes.jpg`: no other picture is likely to have that name. */
function overlayBelow(folder: string, picture: ImageReference): string {
  const path = placeBelow(folder, picture, WORDS);
  const ending = extname(path);
  const [stem, kept] =
    overlayEnding(path) === undefined
      ? [basename(path), USUAL_ENDING]
      : [basename(path, ending), ending];
  return join(dirname(path), `${stem}.boxes${kept}`);
}
