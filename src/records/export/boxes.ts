import type { LabelledBox, NormalizedBox, PixelBox } from '../../domain/box.js';
import { isObject } from '../../domain/json.js';
import type { PictureRow } from '../rows/picture-row.js';

/** The boxes that `detect` found in a picture. */
export function boxesIn(row: PictureRow): LabelledBox[] {
  if (row.status === 'failed') return [];
  const boxes = row.fields.get('boxes')?.value;
  return Array.isArray(boxes) ? boxes.filter(isLabelledBox) : [];
}

/** Whether the picture was searched, although nothing may have been found. */
export function wasSearched(row: PictureRow): boolean {
  return row.status === 'ok' && Array.isArray(row.fields.get('boxes')?.value);
}

/** Whoever has a field of their own called `boxes` may mean something else by it. */
function isLabelledBox(value: unknown): value is LabelledBox {
  return (
    isObject(value) &&
    typeof value.label === 'string' &&
    isPixelBox(value.box) &&
    isNormalized(value.normalized)
  );
}

function isPixelBox(value: unknown): value is PixelBox {
  return isObject(value) && [value.x, value.y, value.width, value.height].every(isNumber);
}

function isNormalized(value: unknown): value is NormalizedBox {
  return Array.isArray(value) && value.length === 4 && value.every(isNumber);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}
