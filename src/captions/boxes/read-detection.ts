import type { Detection, LabelledBox } from '../../domain/box.js';
import { isObject } from '../../domain/is-object.js';
import { readBox } from './read-box.js';
import { toPixels } from './to-pixels.js';

/** What was found in the picture of a record, which may come from a file that somebody has edited. */
export function readDetection(
  data: unknown,
  picture: Parameters<typeof toPixels>[1],
): Detection | undefined {
  if (!isObject(data) || !Array.isArray(data.boxes)) return undefined;
  const boxes = data.boxes.flatMap((item): LabelledBox[] => {
    const normalized = isObject(item) ? readBox(item.normalized) : undefined;
    if (!isObject(item) || typeof item.label !== 'string' || !normalized) return [];
    return [{ label: item.label, box: toPixels(normalized, picture), normalized }];
  });
  return { boxes, dropped: data.boxes.length - boxes.length };
}
