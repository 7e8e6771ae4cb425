import { stat } from 'node:fs/promises';
import { loadSharp } from '../load-sharp.js';

/** What every overlay says of itself, by EXIF's Software: it may be drawn anew, and a photo may not. */
export const OVERLAY_MARK = 'gemini-image detect --overlay';

/** Whether an overlay may take a place: nothing of somebody else's is there. */
export async function isFreeForOverlay(path: string): Promise<boolean> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  return size === 0 || isOverlay(path);
}

async function isOverlay(path: string): Promise<boolean> {
  const sharp = loadSharp('--overlay needs sharp, which');
  try {
    const { exif } = await sharp(path).metadata();
    return exif?.includes(OVERLAY_MARK) ?? false;
  } catch {
    // What cannot be read as a picture is none of ours.
    return false;
  }
}
