/** Measurements in words. Every text begins with `[offline]`, so that nobody takes it for Gemini. */
import type { ColourSummary } from './colours.js';
import type { Picture } from './picture.js';

/** A picture as a request shows it. */
export interface ShownPicture {
  /** The text right before it, in one line. */
  readonly name?: string;
  readonly picture: Picture;
}

/** Of more, only the number is told. */
const MOST_DESCRIBED = 10;

/** One line; `promptLength` is the number of characters of text in the request. */
export function describePictures(shown: readonly ShownPicture[], promptLength: number): string {
  const [only] = shown;
  if (only === undefined) {
    return `[offline] No picture was sent; the prompt has ${promptLength} characters.`;
  }
  if (shown.length === 1) return `[offline] A ${inFull(only.picture)}.`;
  const sentences = shown
    .slice(0, MOST_DESCRIBED)
    .map(({ name, picture }, index) => `${name ?? `Picture ${index + 1}`}: a ${inFull(picture)}.`);
  const rest = shown.length - sentences.length;
  if (rest > 0) sentences.push(`And ${rest} more.`);
  return `[offline] ${shown.length} pictures. ${sentences.join(' ')}`;
}

function inFull(picture: Picture): string {
  return `${picture.format} picture of ${factsOf(picture)}`;
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
