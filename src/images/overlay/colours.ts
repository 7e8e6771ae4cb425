/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

export const BLACK: Colour = [0, 0, 0];
export const WHITE: Colour = [255, 255, 255];

/** The colours of Okabe and Ito, which colour-blind people can tell apart too. */
const PALETTE: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/** The colour of a kind of object, by its number; each kind has another colour. */
export function colourOf(kind: number): Colour {
  return PALETTE[kind] ?? furtherColour(kind - PALETTE.length);
}

/** The golden angle: its multiples keep any number of hues apart. */
const HUE_STEP = 137.508;
const SATURATION = 0.75;
const LIGHTNESS = [0.33, 0.55, 0.75] as const;

function furtherColour(index: number): Colour {
  const hue = (index * HUE_STEP) % 360;
  const lightness = LIGHTNESS[index % LIGHTNESS.length] ?? 0.5;
  // Hue, saturation and lightness to red, green and blue, as in CSS Color 4.
  const chroma = SATURATION * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Black or white, whichever has more contrast to a colour. */
export function contrastOf(colour: Colour): Colour {
  return contrast(colour, WHITE) > contrast(colour, BLACK) ? WHITE : BLACK;
}

/** The contrast ratio of WCAG 2.2: 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

export function hexOf(colour: Colour): string {
  return `#${Buffer.from(colour).toString('hex')}`;
}
