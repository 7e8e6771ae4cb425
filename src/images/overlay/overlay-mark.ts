import { loadSharp } from '../decoders/load-sharp.js';
import { type OpenImage, readAll } from '../open/open.js';

/** EXIF's Software of every overlay: a file with it may be overwritten, and a photo may not. */
export const OVERLAY_MARK = 'gemini-image detect --overlay';

/** Whether a file is an overlay of ours. */
export async function hasOverlayMark(image: OpenImage): Promise<boolean> {
  const sharp = loadSharp('--overlay needs sharp, which');
  try {
    const { exif } = await sharp(await readAll(image)).metadata();
    return exif?.includes(OVERLAY_MARK) ?? false;
  } catch {
    // A file that cannot be read as a picture is not an overlay of ours.
    return false;
  }
}
