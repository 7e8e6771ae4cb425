// The pictures of a request, inline or uploaded before, with the names they are shown under.
import { setImmediate } from 'node:timers/promises';
import type { ShownPicture } from '../answers/sentences.js';
import type { Content, FileData, Part } from '../messages/requests.js';
import { checkMimeType, type Look, type Picture, readPicture } from './picture.js';

/** In Unicode characters. */
const LONGEST_NAME = 200;

/**
 * Throws 400 or 403 for the first picture that cannot be shown; `openFile` gives uploaded ones.
 * Regions are looked for in the first picture only, because answers have boxes for no other.
 */
export async function readPictures(
  contents: readonly Content[],
  openFile: (file: FileData) => Promise<Picture>,
  look: Look,
): Promise<ShownPicture[]> {
  for (const { parts = [] } of contents) {
    for (const { inlineData } of parts) if (inlineData !== undefined) checkMimeType(inlineData);
  }
  const shown: ShownPicture[] = [];
  for (const { parts = [] } of contents) {
    for (const [index, { inlineData, fileData, mediaResolution }] of parts.entries()) {
      if (inlineData === undefined && fileData === undefined) continue;
      const name = nameIn(parts[index - 1]);
      const picture =
        inlineData === undefined
          ? await openFile(fileData ?? {})
          : await readPicture(
              inlineData,
              shown.length === 0 ? look : { ...look, forRegions: false },
            );
      const resolution = mediaResolution?.level;
      shown.push({ picture, ...(name && { name }), ...(resolution && { resolution }) });
      // Decoding blocks, so other requests get time between two pictures.
      await setImmediate();
    }
  }
  return shown;
}

/**
 * Every text after the last picture: the prompt and what follows it. If there is none, it is the text
 * before the only picture.
 */
export function promptAfter(contents: readonly Content[]): string[] {
  const parts = contents.flatMap(({ parts = [] }) => parts);
  const isPicture = ({ inlineData, fileData }: Part) => (inlineData ?? fileData) !== undefined;
  const textsOf = (some: readonly Part[]) => some.flatMap(({ text }) => text ?? []);
  const after = textsOf(parts.slice(parts.findLastIndex(isPicture) + 1));
  return after.length > 0 || parts.filter(isPicture).length > 1 ? after : textsOf(parts);
}

/** The texts right before the pictures, in their order. */
export function pictureNames(contents: readonly Content[]): string[] {
  return contents.flatMap(({ parts = [] }) =>
    parts.flatMap(({ inlineData, fileData }, index) =>
      inlineData === undefined && fileData === undefined ? [] : nameIn(parts[index - 1]),
    ),
  );
}

function nameIn({ text = '' }: Part = {}): string {
  const line = text.replace(/\s+/g, ' ').trim().replace(/:$/, '');
  const characters = [...line];
  if (characters.length <= LONGEST_NAME) return line;
  return `${characters.slice(0, LONGEST_NAME).join('')}…`;
}
