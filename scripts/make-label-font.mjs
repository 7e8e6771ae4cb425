// Writes assets/label-font.json.gz, the outlines by which labels of overlays are written: what is needed of
// DejaVu Sans Bold, so that neither the whole family nor a reader of fonts has to be installed.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const { parse } = require('opentype.js');
const FAMILY = '@fontsource/dejavu-sans';

const path = require.resolve(`${FAMILY}/files/dejavu-sans-latin-700-normal.woff`);
const font = parse(new Uint8Array(readFileSync(path)).buffer);

/** By character: how far the next one is, and the outline in units of the font, downwards. */
const glyphs = Object.fromEntries(
  Object.keys(font.tables.cmap.glyphIndexMap).map((code) => {
    const character = String.fromCodePoint(Number(code));
    const glyph = font.charToGlyph(character);
    return [character, [glyph.advanceWidth, glyph.getPath(0, 0, font.unitsPerEm).toPathData(1)]];
  }),
);
const licence = readFileSync(require.resolve(`${FAMILY}/LICENSE`), 'utf8');
const content = JSON.stringify({ licence, unitsPerEm: font.unitsPerEm, glyphs });
writeFileSync(
  new URL('../assets/label-font.json.gz', import.meta.url),
  gzipSync(content, { level: 9 }),
);
