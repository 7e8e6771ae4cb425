import type { Size } from '../../domain/picture.js';
import type { Piece } from './edits.js';
import type { Orientation } from './exif.js';

/** What a file says besides its pixels. */
export interface Metadata {
  /**
   * EXIF orientation; 1 where nothing says otherwise, and always in HEIC and HEIF, where turning is
   * part of the picture (`irot`, `imir`) and decoders apply it.
   */
  readonly orientation: Orientation;
  /** Pixels as displayed, in HEIC and HEIF; other formats say it in their headers. */
  readonly size?: Size;
  /** The file without its metadata; undefined where it has none that could be removed. */
  readonly stripped?: readonly Piece[];
  /** Why metadata stays although there is some: half a sentence for a warning. */
  readonly stays?: string;
  /**
   * Where the file does not reach its end: whether pixels are missing for sure (`cut off`), or only
   * the mark of the end is (`missing`), so that nobody knows before decoding. Absent for a whole file.
   */
  readonly end?: 'missing' | 'cut off';
  /** How many bytes a file that is cut off should have, where it says so. */
  readonly wholeBytes?: number;
}

/** Parts that go, at most, so that a file made of nothing else does not fill the memory. */
export const MAX_EDITS = 50_000;

/** Why metadata stays in a file with more parts than that. */
export const TOO_MANY_PARTS = 'it has too many parts';
