/** The formats that can be recognised, whether or not Gemini takes them. */
export type PictureFormat =
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'heic'
  | 'heif'
  | 'gif'
  | 'avif'
  | 'bmp'
  | 'raw'
  | 'tiff'
  | 'svg'
  | 'jpeg2000'
  | 'jpegxl'
  | 'psd'
  | 'ico'
  | 'tga'
  | 'pnm'
  | 'qoi'
  | 'exr'
  | 'dds'
  | 'xcf';

/**
 * Pixels on the longer side: the service scales larger pictures down to this, so they are shrunk to
 * it before they are sent, unless the user asks for another size.
 */
export const DEFAULT_MAX_EDGE = 3072;

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a transparent picture is laid on: `#rrggbb`, or `keep` for its transparency to stay. */
export type Background = string;

export const KEEP_BACKGROUND = 'keep';

const NAMES: Readonly<Record<string, string>> = {
  ...{ black: '#000000', silver: '#c0c0c0', gray: '#808080', grey: '#808080', white: '#ffffff' },
  ...{ maroon: '#800000', red: '#ff0000', purple: '#800080', fuchsia: '#ff00ff', green: '#008000' },
  ...{ lime: '#00ff00', olive: '#808000', yellow: '#ffff00', navy: '#000080', blue: '#0000ff' },
  ...{ teal: '#008080', aqua: '#00ffff', orange: '#ffa500', pink: '#ffc0cb', brown: '#a52a2a' },
};

/** The words for what can be given. */
export const BACKGROUND_WORDS = 'a colour such as white, grey or #336699, or keep';

/** Undefined if it is no colour that is known here. */
export function parseBackground(text: string): Background | undefined {
  const said = text.trim().toLowerCase();
  if (said === KEEP_BACKGROUND) return said;
  if (Object.hasOwn(NAMES, said)) return NAMES[said];
  if (/^#[\da-f]{6}$/.test(said)) return said;
  const [, red, green, blue] = /^#([\da-f])([\da-f])([\da-f])$/.exec(said) ?? [];
  return red && green && blue ? `#${red}${red}${green}${green}${blue}${blue}` : undefined;
}
