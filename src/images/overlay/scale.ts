import type { Size } from '../../domain/picture.js';

/** How large things are drawn on a picture, in its pixels. */
export interface Scale {
  /** Of the line in the label's colour. */
  line: number;
  /** Of the line beside it, which is light where the other is dark. */
  casing: number;
  font: number;
  /** Of the plate that holds a label. */
  plateHeight: number;
  /** Between the ends of a label and its plate. */
  padding: number;
}

/** What a picture that fills a screen shows at the size of ordinary text. */
const PICTURE_PER_FONT = 50;
const MIN_FONT = 12;
/** For pictures that are far wider than high, and the other way round. */
const SHORT_SIDE_PER_FONT = 8;

/** Lines and letters that are as easy to see on a small picture as on a large one. */
export function scaleFor({ width, height }: Size): Scale {
  const bySize = Math.sqrt(width * height) / PICTURE_PER_FONT;
  const byShape = Math.min(width, height) / SHORT_SIDE_PER_FONT;
  const font = Math.max(MIN_FONT, Math.round(Math.min(bySize, byShape)));
  const line = Math.max(2, Math.round(font / 8));
  return {
    line,
    casing: Math.max(1, Math.round(line / 2)),
    font,
    plateHeight: Math.round(font * 1.4),
    padding: Math.round(font * 0.35),
  };
}
