import type { PixelRaster } from '../readers/pixels.js';
import type { Colour } from './colours.js';

/** A part of a picture; its right and bottom edges are the first pixels outside of it. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Pixels with transparency, 4 bytes each. */
export interface Ink {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** The part that is in both rectangles; it has no area if they do not meet. */
export function intersection(one: Rectangle, other: Rectangle): Rectangle {
  return {
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  };
}

/** In pixels. */
export function areaOf({ left, top, right, bottom }: Rectangle): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

/** A rectangle that is larger on each side; smaller if `by` is below 0. */
export function grown({ left, top, right, bottom }: Rectangle, by: number): Rectangle {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by };
}

/** Fills a rectangle, as far as it lies inside the picture. */
export function fill(picture: PixelRaster, rectangle: Rectangle, colour: Colour): void {
  const { data, width, channels } = picture;
  const { left, top, right, bottom } = intersection(rectangle, boundsOf(picture));
  if (left >= right) return;
  const pixel = Buffer.from(channels === 4 ? [...colour, 255] : colour);
  for (let y = top; y < bottom; y += 1) {
    data.fill(pixel, (y * width + left) * channels, (y * width + right) * channels);
  }
}

/** Fills the part of a rectangle that is at most `thickness` from its edges. */
export function frame(
  picture: PixelRaster,
  rectangle: Rectangle,
  thickness: number,
  colour: Colour,
): void {
  const { left, top, right, bottom } = rectangle;
  const inner = grown(rectangle, -thickness);
  fill(picture, { ...rectangle, bottom: Math.min(inner.top, bottom) }, colour);
  fill(picture, { ...rectangle, top: Math.max(inner.bottom, top) }, colour);
  fill(picture, { ...rectangle, right: Math.min(inner.left, right) }, colour);
  fill(picture, { ...rectangle, left: Math.max(inner.right, left) }, colour);
}

/** Draws ink on opaque pixels; all of it has to be inside the picture. */
export function print(picture: PixelRaster, ink: Ink, left: number, top: number): void {
  const { data, width, channels } = picture;
  for (let y = 0; y < ink.height; y += 1) {
    for (let x = 0; x < ink.width; x += 1) {
      const from = (y * ink.width + x) * 4;
      const to = ((top + y) * width + left + x) * channels;
      const cover = (ink.data[from + 3] ?? 0) / 255;
      for (let channel = 0; channel < 3; channel += 1) {
        const below = data[to + channel] ?? 0;
        data[to + channel] = Math.round(below + ((ink.data[from + channel] ?? 0) - below) * cover);
      }
    }
  }
}

export function boundsOf({ width, height }: { width: number; height: number }): Rectangle {
  return { left: 0, top: 0, right: width, bottom: height };
}
