/** Of `box_2d`, for a whole side. */
export const BOX_SCALE = 1000;

/** Of an answer that is out of its mind, further boxes are not drawn. */
export const MAX_DRAWN_BOXES = 10_000;

/** `box_2d` of the API: `[ymin, xmin, ymax, xmax]`, 0 to 1000 of the sides of the upright picture. */
export type NormalizedBox = readonly [ymin: number, xmin: number, ymax: number, xmax: number];

/** In stored pixels of the file, as `width` and `height` of its record; `x` and `y` of the top left corner. */
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

/** As much of it as is drawn. */
export type FoundBox = Pick<LabelledBox, 'label' | 'normalized'>;

/** What `detect` finds in one picture: `data` of its record. */
export interface Detection {
  readonly boxes: readonly LabelledBox[];
  /** Boxes of the answer that made no sense. */
  readonly dropped: number;
  /** How its boxes were meant, where that was not in thousandths of the sides. */
  readonly convertedFrom?: 'fractions' | 'pixels';
}
