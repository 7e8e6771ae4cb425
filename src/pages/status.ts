import type { SeenImage } from './page-image.js';

/** What can be wrong with an alternative text without a look at the picture, in the order of the help. */
export const STATUSES = [
  'missing',
  'empty',
  'placeholder',
  'duplicate',
  'long',
  'present',
] as const;
export type Status = (typeof STATUSES)[number];

/** Why an image is left alone. */
export type LeftAlone = 'computed' | 'ignored';

/** As in the style `alt`: screen readers read on, but people stop listening. */
export const MOST_IN_ALT = 125;

/**
 * The state of an image's alternative text.
 *
 * @param isDecorative whether it is known that an image whose page cannot say so is decorative.
 */
export function statusOf(image: SeenImage, isDecorative = false): Status | LeftAlone {
  const { alt, source, isIgnored, tellsEmpty, needsText = false } = image;
  if (isIgnored) return 'ignored';
  if (alt.kind === 'computed' || source.kind === 'computed') return 'computed';
  if (alt.kind === 'absent') return !tellsEmpty && isDecorative ? 'empty' : 'missing';
  const text = alt.text.trim();
  if (text === '') {
    if (needsText) return 'missing';
    return tellsEmpty || isDecorative ? 'empty' : 'missing';
  }
  if (isPlaceholder(text, image)) return 'placeholder';
  if (isRepetition(text, image)) return 'duplicate';
  return [...text].length > MOST_IN_ALT ? 'long' : 'present';
}

const NOUNS = [
  ...['image', 'images', 'img', 'picture', 'pic', 'photo', 'photograph', 'graphic', 'figure'],
  ...['screenshot', 'screen shot', 'thumbnail', 'icon', 'banner', 'illustration', 'untitled'],
  ...['placeholder', 'alt', 'alt text', 'alternative text', 'description', 'caption', 'title'],
  ...['todo', 'tbd', 'tba', 'fixme', 'xxx', 'null', 'undefined', 'none', 'n/a', 'spacer', 'blank'],
  ...['bild', 'foto', 'grafik', 'abbildung', 'imagen', 'imagem', 'immagine', 'fotografia'],
  ...['fotografía', 'bildschirmfoto', "capture d'écran", 'captura de pantalla', 'photographie'],
];
const ONLY_A_NOUN = new RegExp(
  `^(?:(?:an?|the|my|your|some|ein|eine|das|une?|la|el|los|il|uma?|o) )?(?:${NOUNS.join('|')})` +
    '(?: (?:of|from|von|vom|de|du|di|da|here|goes here|text|description))?[\\s\\d#:._-]*$',
  'iu',
);
/** Names that cameras, phones and systems give: IMG_2031, DSC01234, PXL_20240101, Screenshot 2024-01-01. */
const CAMERA_NAME =
  /^(?:img|dsc[fn]?|dscn|pxl|mvimg|p|pict|sam|cimg|gopr|dji|vid|wp|image|photo|screen ?shot|bildschirmfoto)[ _-]?\d{2,}[\d\s_.:-]*(?:[ap]m)?(?:~\d+)?$/i;
const FILE_NAME = /^[\w%()@ .-]+\.(?:png|jpe?g|gif|webp|avif|svg|bmp|tiff?|heic)$/i;
const NO_WORDS = /^[^\p{L}\p{N}]+$/u;
const HASH = /^[\da-f]{8,}(?:-[\da-f]{4,})*$/i;

/** Whether a text says nothing of the picture: "image", its file's name, "IMG_2031", "photo of". */
function isPlaceholder(text: string, image: SeenImage): boolean {
  const patterns = [ONLY_A_NOUN, CAMERA_NAME, FILE_NAME, NO_WORDS, HASH];
  if (patterns.some((pattern) => pattern.test(text))) return true;
  const { source } = image;
  if (source.kind !== 'address') return false;
  return source.choices.some((address) => {
    const name = nameIn(address);
    const stem = name.replace(/\.\w+$/, '');
    // `lighthouse.png` may well show a lighthouse; in lower case it is its name.
    const isWord = /^\p{L}+$/u.test(stem) && stem.toLowerCase() !== text;
    return [name, ...(isWord ? [] : [stem])].some(
      (one) => one !== '' && one.toLowerCase() === text.toLowerCase(),
    );
  });
}

/** The name of the file behind an address. */
function nameIn(address: string): string {
  const path = /^data:/i.test(address) ? '' : address.replace(/[?#].*$/s, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A text that is no more than what stands beside it: a screen reader would say it twice. */
function isRepetition(text: string, { context }: SeenImage): boolean {
  const { caption, before, after, inside, headings } = context;
  const others = [caption, before, after, inside?.text, headings.at(-1)];
  return others.some((one) => one !== undefined && bare(one) !== '' && bare(one) === bare(text));
}

/** Letters and digits alone. */
export function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
