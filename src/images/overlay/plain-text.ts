/** Text in a font that comes along, since a machine may have none. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Font } from 'opentype.js';

const require = createRequire(import.meta.url);

const FONT = '@fontsource/dejavu-sans/files/dejavu-sans-latin-700-normal.woff';

let loaded: Font | undefined;

/** Unpacked with the first text, in about a tenth of a second. */
function font(): Font {
  if (loaded) return loaded;
  const { parse }: typeof import('opentype.js') = require('opentype.js');
  loaded = parse(new Uint8Array(readFileSync(require.resolve(FONT))).buffer);
  return loaded;
}

/** A mark, or a letter of a script whose letters cannot just be put one after another. */
const SHAPED =
  /\p{M}|(?![\p{scx=Latin}\p{scx=Greek}\p{scx=Cyrillic}\p{scx=Armenian}\p{scx=Georgian}\p{scx=Common}])\p{L}/u;

/** What takes no room, such as a joiner. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** The characters to draw one after another; undefined where that does not make the text. */
export function plainCharacters(text: string): string[] | undefined {
  const visible = text.replace(INVISIBLE, '');
  if (SHAPED.test(visible)) return undefined;
  const characters = [...visible];
  const isThere = (character: string) => font().charToGlyphIndex(character) > 0;
  return characters.length > 0 && characters.every(isThere) ? characters : undefined;
}

/** How far a text goes, in pixels. */
export function widthOf(characters: readonly string[], size: number): number {
  const units = characters.reduce((sum, one) => sum + advanceOf(one), 0);
  return (units * size) / font().unitsPerEm;
}

/** As SVG path data; the text begins at 0 and stands on the line `baseline`. */
export function pathOf(characters: readonly string[], size: number, baseline: number): string {
  let x = 0;
  // Not the text as a whole: the library does not know all substitutions of this font, and throws.
  const paths = characters.map((character) => {
    const path = font().charToGlyph(character).getPath(x, baseline, size).toPathData(2);
    x += widthOf([character], size);
    return path;
  });
  return paths.join('');
}

function advanceOf(character: string): number {
  return font().charToGlyph(character).advanceWidth ?? 0;
}
