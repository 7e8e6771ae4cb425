import type { Size } from '../../domain/picture.js';
import type { Orientation } from './exif.js';
import type { Piece } from './pieces.js';

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
}

/** Parts that go, at most, so that a file made of nothing else does not fill the memory. */
export const MAX_EDITS = 50_000;

/** Why metadata stays in a file with more parts than that. */
export const TOO_MANY_PARTS = 'it has too many parts';
