import type { FoundBox } from '../../domain/box.js';
import { isObject } from '../../domain/json.js';
import { readBox } from './boxes.js';

/**
 * What was found in the picture of a record, which may come from a file that somebody has edited;
 * undefined where that holds no boxes.
 */
export function readDetection(data: unknown): FoundBox[] | undefined {
  if (!isObject(data) || !Array.isArray(data.boxes)) return undefined;
  return data.boxes.flatMap((item) => {
    const { label, normalized: box } = isObject(item) ? item : {};
    const normalized = readBox(box);
    return typeof label === 'string' && normalized ? [{ label, normalized }] : [];
  });
}
