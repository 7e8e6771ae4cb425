/** Measurements in words. Every text begins with `[offline]`, so that nobody takes it for Gemini. */
import type { ColourSummary } from './colours.js';
import type { Picture } from './picture.js';

/** One line; `promptLength` is the number of characters of text in the request. */
export function describePictures(pictures: readonly Picture[], promptLength: number): string {
  const [only] = pictures;
  if (only === undefined) {
    return `[offline] No picture was sent; the prompt has ${promptLength} characters.`;
  }
  if (pictures.length === 1) return `[offline] A ${only.format} picture of ${factsOf(only)}.`;
  const sentences = pictures.map(
    (picture, index) => `Picture ${index + 1} is a ${picture.format} of ${factsOf(picture)}.`,
  );
  return `[offline] ${sentences.join(' ')}`;
}

function factsOf({ width, height, shape, colours, orientation }: Picture): string {
  const size = `${width} × ${height} ${width * height === 1 ? 'pixel' : 'pixels'}`;
  const facts = [size, shape, inWords(colours)];
  if (orientation !== 1) facts.push(`turned by its EXIF tag (${orientation})`);
  return facts.join(', ');
}

function inWords(summary: ColourSummary): string {
  if (summary.kind === 'transparent') return 'fully transparent';
  if (summary.kind === 'flat') return `one flat ${summary.name}`;
  const [first, ...others] = summary.colours.map(
    ({ name, share }) => `${name} (${Math.round(share * 100)}%)`,
  );
  const last = others.pop();
  if (last === undefined) return `shades of ${first}`;
  return `mostly ${[first, ...others].join(', ')} and ${last}`;
}
