/**
 * The part of opentype.js that is used here. `@types/opentype.js` brings the types of a browser along,
 * which hide those of Node.
 */
declare module 'opentype.js' {
  export interface Path {
    toPathData(decimalPlaces: number): string;
  }
  export interface Glyph {
    /** 0 for the glyph that replaces characters which the font lacks. */
    readonly index: number;
    readonly advanceWidth?: number;
    getPath(x: number, y: number, fontSize: number): Path;
  }
  export interface Font {
    readonly unitsPerEm: number;
    readonly ascender: number;
    readonly descender: number;
    charToGlyph(char: string): Glyph;
    charToGlyphIndex(char: string): number;
  }
  export function parse(buffer: ArrayBuffer): Font;
}
