import { stat } from 'node:fs/promises';
import { isOverlayApart } from '../decoders/decode-apart.js';

/** Whether an overlay may be written to a path: it is free, empty, or has an overlay of ours. */
export async function isFreeForOverlay(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats && !stats.isFile()) return false;
  return stats === undefined || stats.size === 0 || isOverlayApart(path);
}
