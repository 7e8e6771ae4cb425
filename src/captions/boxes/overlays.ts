import { basename, dirname, extname, join, resolve } from 'node:path';
import { GeminiImageError } from '../../domain/error.js';
import type { OkRecord } from '../../domain/record.js';
import type { ImageReference } from '../../images/find/reference.js';
import type { OpenOptions } from '../../images/open.js';
import { type OverlayEnding, overlayEnding } from '../../images/overlay/encoders.js';
import { overlayOf } from '../../images/overlay/overlay-of.js';
import { isFreeForOverlay } from '../../images/overlay/own-overlay.js';
import { refused } from '../../images/refusal.js';
import { writeSidecar } from '../../storage/sidecar-file.js';
import { createPlaces, isThere, type PlaceWords, placeBelow } from '../places.js';
import { readDetection } from './read-detection.js';

/** Copies of pictures with what was found in them. */
export interface Overlays {
  /** Whether a picture has one already. */
  isThere(picture: ImageReference): Promise<boolean>;
  /**
   * Draws what was found in a picture, and writes it to its place.
   *
   * @throws GeminiImageError of kind `input` or `service` where the picture cannot be had once more;
   *   of kind `usage` that ends the run where the place cannot be written to.
   */
  draw(picture: ImageReference, record: OkRecord): Promise<void>;
}

export interface OverlaySettings {
  /** A file for one picture, or a folder in which they lie as the pictures do. */
  place: { file: string } | { folder: string };
  /** Files that must not be written over, as the user named them. */
  untouchable: readonly string[];
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

export function overlaysOf({ place, untouchable, overwrite, open }: OverlaySettings): Overlays {
  const places = createPlaces(WORDS);
  const placeOf = (picture: ImageReference): string =>
    places.take('file' in place ? place.file : overlayBelow(place.folder, picture), picture);
  return {
    isThere: (picture) => isThere(placeOf(picture)),

    async draw(picture, record) {
      const path = placeOf(picture);
      if (untouchable.some((name) => resolve(name) === resolve(path))) {
        throw refused(`its overlay ${path} would replace a picture`, WORDS.ifOwnPlace);
      }
      if (!overwrite && !(await isFreeForOverlay(path))) {
        throw refused(`${path} is there already, and is no overlay`, WORDS.ifOwnPlace);
      }
      const boxes = readDetection(record.data);
      if (!boxes) throw refused('its record holds no boxes', 'Ask anew with --overwrite.');
      const found = { sha256: record.sha256, boxes };
      const ending = overlayEnding(path) ?? USUAL_ENDING;
      const { bytes } = await overlayOf(picture, found, { ...open, ending });
      try {
        await writeSidecar(path, bytes, {
          overwrite: true,
          makesFolders: 'folder' in place,
          hint: 'Make room or name another place with --overlay; then start again.',
        });
      } catch (error) {
        // The next one is not likely to fare better, and each is paid for.
        throw error instanceof GeminiImageError ? error.with({ endsRun: true }) : error;
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
