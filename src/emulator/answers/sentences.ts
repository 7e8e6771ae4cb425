// What was measured in pictures, worded in each style: the longest text first, then shorter ones.

import type { PartMediaResolution } from '../messages/requests.js';
import type { ColourSummary } from '../pictures/colours.js';
import type { Picture } from '../pictures/picture.js';
import type { RequestedStyle, Style } from './requested-style.js';

/** A picture as a request shows it. */
export interface ShownPicture {
  /** The text right before it, in one line. */
  readonly name?: string;
  readonly picture: Picture;
  /** The resolution that its part asks for, else the one of the whole request. */
  readonly resolution?: PartMediaResolution;
}

interface Wordings {
  readonly none: (promptLength: number) => Iterable<string>;
  readonly one: (picture: Picture) => Iterable<string>;
  readonly several: (shown: readonly ShownPicture[]) => Iterable<string>;
}

/** Of more pictures, only the number is given. */
const MOST_DESCRIBED = 10;

const sentence: Wordings = {
  none: (promptLength) => [
    `No picture was sent; the prompt has ${promptLength} characters.`,
    'No picture was sent.',
    'No picture.',
  ],
  *one(picture) {
    yield `A ${inFull(picture)}.`;
    const { format, shape } = picture;
    const [size, colours] = [sizeOf(picture), inWords(picture.colours, withoutShare)];
    for (const facts of [
      [size, shape, colours, ...turnOf(picture)],
      [size, shape, colours],
    ]) {
      yield `A ${format} picture of ${facts.join(', ')}.`;
    }
    yield `A ${format} picture of ${size}, ${shape}.`;
    yield `A ${format} picture, ${shape}.`;
    yield `A ${format} picture.`;
    yield `${format}.`;
  },
  *several(shown) {
    for (let told = Math.min(shown.length, MOST_DESCRIBED); told > 0; told -= 1) {
      // Always two sentences, as a caption should have no more.
      const facts = shown
        .slice(0, told)
        .map(({ name, picture }, at) => `${name ?? `Picture ${at + 1}`}: a ${inFull(picture)}`);
      const rest = shown.length - told;
      if (rest > 0) facts.push(`and ${rest} more`);
      yield `${shown.length} pictures. ${facts.join('; ')}.`;
    }
    yield `${shown.length} pictures.`;
  },
};

export const WORDINGS = {
  sentence,
  alt: {
    none: sentence.none,
    *one({ format, shape, colours, ...size }) {
      yield `${format}, ${sizeOf(size)}, ${shape}, ${inWords(colours, withoutShare)}.`;
      yield `${format}, ${shape}, ${inWords(colours, withoutShare)}.`;
      yield `${format}, ${shape}.`;
      yield `${format}.`;
    },
    *several(shown) {
      for (let told = Math.min(shown.length, MOST_DESCRIBED); told > 0; told -= 1) {
        const facts = shown
          .slice(0, told)
          .map(({ picture }) => `${picture.format}, ${picture.shape}`);
        const rest = shown.length - told;
        if (rest > 0) facts.push(`${rest} more`);
        yield `${shown.length} pictures: ${facts.join('; ')}.`;
      }
      yield `${shown.length} pictures.`;
    },
  },
  title: {
    none: () => ['No picture'],
    *one({ format, shape, colours }) {
      const start = `${shape.charAt(0).toUpperCase()}${shape.slice(1)} ${format}`;
      yield `${start}, ${inWords(colours, withoutShare)}`;
      yield start;
      yield format;
    },
    several: (shown) => [`${shown.length} pictures`],
  },
  transcript: {
    none: () => ['The emulator reads no text.'],
    one: () => ['The emulator reads no text.'],
    several: () => ['The emulator reads no text.'],
  },
  detailed: {
    none: sentence.none,
    *one(picture) {
      const { format, width, height, shape, colours } = picture;
      const sentences = [
        `This is a ${format} picture.`,
        `It is ${count(width, 'pixel')} wide and ${count(height, 'pixel')} high, which are ` +
          `${count(width * height, 'pixel')} in all.`,
        `As it is shown, its shape is ${shape}.`,
        `By its colours it is ${inWords(colours, withShare)}.`,
        ...turnOf(picture).map((turn) => `It is ${turn}.`),
      ];
      for (let told = sentences.length; told > 1; told -= 1) {
        yield sentences.slice(0, told).join(' ');
      }
      yield* sentence.one(picture);
    },
    several: sentence.several,
  },
} as const satisfies Record<Style, Wordings>;

function inFull(picture: Picture): string {
  if (picture.pages !== undefined) return documentOf(picture);
  const facts = [sizeOf(picture), picture.shape, inWords(picture.colours, withShare)];
  return `${picture.format} picture of ${[...facts, ...turnOf(picture)].join(', ')}`;
}

function documentOf({ format, pages = 1 }: Picture): string {
  return `${format} document of ${count(pages, 'page')}`;
}

function sizeOf({ width, height }: Pick<Picture, 'width' | 'height'>): string {
  return `${width} × ${height} ${width * height === 1 ? 'pixel' : 'pixels'}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function turnOf({ orientation }: Picture): string[] {
  return orientation === 1 ? [] : [`turned by its EXIF tag (${orientation})`];
}

type MixedColour = Extract<ColourSummary, { kind: 'mixed' }>['colours'][number];

const withShare = ({ name, share }: MixedColour) => `${name} (${Math.round(share * 100)}%)`;
const withoutShare = ({ name }: MixedColour) => name;

function inWords(summary: ColourSummary, word: (colour: MixedColour) => string): string {
  if (summary.kind === 'unseen') return summary.isCoded ? 'not decoded' : 'not drawn';
  if (summary.kind === 'transparent') return 'fully transparent';
  if (summary.kind === 'flat') return `one flat ${summary.name}`;
  const [first, ...others] = summary.colours.map(word);
  const last = others.pop();
  if (last === undefined) return `shades of ${first}`;
  return `mostly ${[first, ...others].join(', ')} and ${last}`;
}

/** Every text begins with this mark, so that nobody takes it for an answer of Gemini. */
export const MARK = '[offline]';

/**
 * One line, the longest that keeps to the limits; only the mark if even the shortest is too long.
 * `promptLength` is the number of characters of text in the request.
 */
export function describePictures(
  shown: readonly ShownPicture[],
  promptLength: number,
  requested: RequestedStyle,
): string {
  for (const wording of wordingsOf(shown, promptLength, requested)) {
    const text = `${MARK} ${wording}`;
    if (text.length <= requested.mostCharacters && fitsWords(text, requested.mostWords))
      return text;
  }
  return MARK;
}

function wordingsOf(
  shown: readonly ShownPicture[],
  promptLength: number,
  { style }: RequestedStyle,
): Iterable<string> {
  const { none, one, several }: Wordings = WORDINGS[style];
  const [only] = shown;
  if (only === undefined) return none(promptLength);
  if (shown.length === 1 && only.picture.pages !== undefined && style !== 'transcript') {
    const told = documentOf(only.picture);
    return [style === 'title' ? told : `A ${told}.`, `${only.picture.format}.`];
  }
  return shown.length === 1 ? one(only.picture) : several(shown);
}

/** Counts words in two ways: people count by blanks, and others split names like `my-photo.jpg`. */
function fitsWords(text: string, most: number): boolean {
  if (most === Number.POSITIVE_INFINITY) return true;
  const segments = [...new Intl.Segmenter('en', { granularity: 'word' }).segment(text)];
  const words = segments.filter(({ isWordLike }) => isWordLike).length;
  return Math.max(words, text.split(/\s+/).length) <= most;
}
