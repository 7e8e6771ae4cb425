import { stat } from 'node:fs/promises';
import { isOverlayApart } from '../decoders/decode-apart.js';

/** Whether an overlay may take a place: nothing of somebody else's is there. */
export async function isFreeForOverlay(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats && !stats.isFile()) return false;
  return stats === undefined || stats.size === 0 || isOverlayApart(path);
}
