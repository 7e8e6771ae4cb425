/** The number that `box_2d` has for a whole side of the picture. */
export const BOX_SCALE = 1000;

/** Further boxes of one answer are not drawn: such an answer makes no sense any more. */
export const MAX_DRAWN_BOXES = 10_000;

/** `box_2d` of the API: `[ymin, xmin, ymax, xmax]`, each 0 to 1000, on the upright picture. */
export type NormalizedBox = readonly [ymin: number, xmin: number, ymax: number, xmax: number];

/**
 * A box in stored pixels of the file, as `width` and `height` of its record are. `x` and `y` are its
 * top left corner.
 */
export interface PixelBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Something that was found in a picture. */
export interface LabelledBox {
  readonly label: string;
  readonly box: PixelBox;
  readonly normalized: NormalizedBox;
}

/** The part of it that is drawn. */
export type FoundBox = Pick<LabelledBox, 'label' | 'normalized'>;

/** What `detect` finds in one picture: `data` of its record. */
export interface Detection {
  readonly boxes: readonly LabelledBox[];
  /** How many boxes of the answer made no sense. */
  readonly dropped: number;
  /** How its boxes were meant, where that was not in thousandths of the sides. */
  readonly convertedFrom?: 'fractions' | 'pixels';
}
