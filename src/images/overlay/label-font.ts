// The font of labels comes with the program, because a machine may have none.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ownFile } from '../../own-files.js';

/** What `scripts/make-label-font.mjs` writes. */
interface LabelFont {
  readonly unitsPerEm: number;
  /** By character: how far the next one is, and the outline in units of the font, downwards. */
  readonly glyphs: Readonly<Record<string, readonly [advance: number, outline: string]>>;
}

let loaded: LabelFont | undefined;

/** The font, unpacked with the first text. */
function font(): LabelFont {
  if (loaded) return loaded;
  const packed = readFileSync(ownFile('assets/label-font.json.gz'));
  const unpacked: LabelFont = JSON.parse(gunzipSync(packed).toString());
  loaded = unpacked;
  return unpacked;
}

/** Whether the font has a character. */
export function hasGlyph(character: string): boolean {
  return Object.hasOwn(font().glyphs, character);
}

/** The width of a text in pixels. */
export function widthOf(characters: readonly string[], size: number): number {
  const units = characters.reduce((sum, one) => sum + (font().glyphs[one]?.[0] ?? 0), 0);
  return (units * size) / font().unitsPerEm;
}

/** A text as SVG path data; it begins at 0 and stands on the line `baseline`. */
export function pathOf(characters: readonly string[], size: number, baseline: number): string {
  const scale = size / font().unitsPerEm;
  let left = 0;
  const paths = characters.map((character) => {
    const outline = font().glyphs[character]?.[1] ?? '';
    const path = outline.replace(/(-?[\d.]+) ?(-?[\d.]+)/g, (_, x, y) =>
      [left + Number(x) * scale, baseline + Number(y) * scale].map(short).join(' '),
    );
    left += widthOf([character], size);
    return path;
  });
  return paths.join('');
}

/** In hundredths of a pixel. */
function short(number: number): string {
  return String(Math.round(number * 100) / 100);
}
