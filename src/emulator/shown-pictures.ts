/** The pictures of a request, inline or uploaded before, with the names they are shown under. */
import { setImmediate } from 'node:timers/promises';
import type { ShownPicture } from './describe.js';
import { checkMimeType, type Picture, readPicture } from './picture.js';
import type { Content, FileData, Part } from './requests.js';

/** Unicode characters. */
const LONGEST_NAME = 200;

/** Throws 400 or 403 for the first that cannot be shown; `openFile` knows what was uploaded. */
export async function readPictures(
  contents: readonly Content[],
  openFile: (file: FileData) => Promise<Picture>,
): Promise<ShownPicture[]> {
  for (const { parts = [] } of contents) {
    for (const { inlineData } of parts) if (inlineData !== undefined) checkMimeType(inlineData);
  }
  const shown: ShownPicture[] = [];
  for (const { parts = [] } of contents) {
    for (const [index, { inlineData, fileData }] of parts.entries()) {
      if (inlineData === undefined && fileData === undefined) continue;
      const name = nameIn(parts[index - 1]);
      const picture =
        inlineData === undefined ? await openFile(fileData ?? {}) : await readPicture(inlineData);
      shown.push({ picture, ...(name && { name }) });
      // Decoding blocks; between two pictures other requests have their turn.
      await setImmediate();
    }
  }
  return shown;
}

function nameIn({ text = '' }: Part = {}): string {
  const line = text.replace(/\s+/g, ' ').trim().replace(/:$/, '');
  const characters = [...line];
  if (characters.length <= LONGEST_NAME) return line;
  return `${characters.slice(0, LONGEST_NAME).join('')}…`;
}
