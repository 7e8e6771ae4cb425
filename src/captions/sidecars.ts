import { basename, dirname, extname, join } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import { isPictureName, startsLikePicture } from '../images/find/looks-like-picture.js';
import type { ImageReference } from '../images/find/reference.js';
import { refused } from '../images/refusal.js';
import { writeSidecar } from '../storage/sidecar-file.js';
import { unwritable } from '../storage/write-failure.js';
import { createPlaces, isThere, notEmpty, onStdin, type PlaceWords, placeBelow } from './places.js';

/** A file for each picture's answer, named after the picture. */
export interface Sidecars {
  /**
   * The path of a picture's sidecar, which is the picture's own from now on.
   *
   * @throws GeminiImageError of kind `input` where it can have none.
   */
  placeFor(reference: ImageReference): string;
  /** Whether there is something already that is to be kept. */
  isDone(place: string): Promise<boolean>;
  /**
   * Leaves a file that has come in the meantime as it is: it is another run's, which has the answer.
   *
   * @throws GeminiImageError of kind `usage`.
   */
  write(place: string, record: OkRecord | TogetherOkRecord): Promise<void>;
}

export interface SidecarSettings {
  /** Without its dot: `json` gives the whole record, everything else its text. */
  extension: string;
  /** Whether the picture's own ending stays in the name: `IMG_1.HEIC.txt`. */
  fullName?: boolean;
  /** The folder in which they lie as the pictures do; else each lies beside its picture. */
  folder?: string | undefined;
  /** Stand before and after the text; a record as JSON stays as it is. */
  prefix: string;
  suffix: string;
  overwrite: boolean;
}

const WORDS: PlaceWords = {
  what: 'sidecar',
  one: 'a sidecar',
  folderFlag: '--sidecar-dir',
  ifOwnPlace: 'Give another ending to --sidecar, or --sidecar-dir.',
};

const MAX_EXTENSION = 16;

/** The ending may be left out, and what follows is taken for it then. */
const ORDER = 'Pictures come before --sidecar.';

/**
 * The ending of sidecars as the user gave it, with or without its dot.
 *
 * @throws GeminiImageError of kind `usage` where it is none, or one of pictures.
 */
export function parseSidecarExtension(value: string): string {
  const extension = value.replace(/^\./, '');
  if (!/^[\w-]+(?:\.[\w-]+)*$/.test(extension) || extension.length > MAX_EXTENSION) {
    throw new GeminiImageError({
      kind: 'usage',
      message: `${JSON.stringify(value)} is no ending for sidecars`,
      hint: `Give at most ${MAX_EXTENSION} letters, digits, dots, dashes and underscores, such as txt. ${ORDER}`,
    });
  }
  if (isPictureName(`picture.${extension}`)) {
    throw new GeminiImageError({
      kind: 'usage',
      message: `files that end in .${extension} are pictures, and no picture is written over`,
      hint: `Give another ending, such as txt. ${ORDER}`,
    });
  }
  return extension;
}

/** Where the answers of one run lie that go to a file each. */
export function sidecarsOf(settings: SidecarSettings): Sidecars {
  const { extension, fullName = false, folder, prefix, suffix, overwrite } = settings;
  const places = createPlaces(WORDS);
  return {
    placeFor(reference) {
      const base =
        folder === undefined ? besideOf(reference) : placeBelow(folder, reference, WORDS);
      const full = `${base}.${extension}`;
      if (fullName) return places.take(full, reference);
      const ifTaken = `Give --sidecar-name full, with which this one is ${full}, or rename one of the two pictures.`;
      return places.take(withEnding(base, extension), reference, ifTaken);
    },

    isDone: async (place) => !overwrite && (await isThere(place)),

    async write(place, record) {
      if (overwrite && (await isPicture(place))) {
        throw unwritable(place, 'it is a picture', undefined, 'Give another ending to --sidecar.');
      }
      const text =
        extension === 'json' ? JSON.stringify(record, null, 2) : prefix + record.text + suffix;
      const lines = text.endsWith('\n') ? text : `${text}\n`;
      await writeSidecar(place, lines, { overwrite, makesFolders: folder !== undefined });
    },
  };
}

function withEnding(path: string, extension: string): string {
  const base = basename(path, extname(path));
  return join(dirname(path), `${base}.${extension}`);
}

function besideOf({ kind, name }: ImageReference): string {
  if (kind === 'file') return notEmpty(name);
  throw kind === 'url'
    ? refused('an address has no place for a sidecar', 'Name a folder with --sidecar-dir.')
    : onStdin(WORDS);
}

async function isPicture(path: string): Promise<boolean> {
  return startsLikePicture(path).catch(() => false);
}
