/** What was measured in a picture, as words and numbers for the fields of a JSON answer. */
import type { Picture } from '../pictures/picture.js';

/** Main colours by name, the largest share first. */
export function coloursOf(picture: Picture | undefined): { name: string; share: number }[] {
  if (picture === undefined) return [];
  const { colours } = picture;
  if (colours.kind === 'transparent') return [{ name: 'transparent', share: 1 }];
  if (colours.kind === 'flat') return [{ name: colours.name, share: 1 }];
  return [...colours.colours];
}

/** Different words in lower case, the main ones first. */
export function wordsOf(picture: Picture | undefined): string[] {
  if (picture === undefined) return ['text', 'prompt', 'words', 'letters', 'no picture'];
  const { format, width, height, shape, colours } = picture;
  const words = [
    format.toLowerCase(),
    shape,
    ...coloursOf(picture).map(({ name }) => name),
    sizeWord(width * height),
    colours.kind === 'mixed' ? 'coloured' : 'plain',
    'picture',
    'pixels',
    `${width} wide`,
    `${height} high`,
  ];
  return [...new Set(words)];
}

/** Numbers a field may mean, the main ones first; without a picture none but 0. */
export function numbersOf(picture: Picture | undefined): number[] {
  if (picture === undefined) return [0];
  const colours = coloursOf(picture);
  const percents = colours.map(({ share }) => Math.round(share * 100));
  return [picture.width, picture.height, ...percents, colours.length];
}

function sizeWord(pixels: number): string {
  if (pixels < 10_000) return 'tiny';
  if (pixels < 1_000_000) return 'small';
  return pixels < 10_000_000 ? 'medium' : 'large';
}
