import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { pathOf, widthOf } from '../../../src/images/overlay/label-font.js';
import { plainCharacters } from '../../../src/images/overlay/labels.js';

describe('plainCharacters', () => {
  test.each([
    'boat',
    'Fußgänger',
    'лодка',
    'βάρκα',
    'նավ',
    'a – “b” & <c> №1…',
    '①',
    'м’ята',
    'мʼята',
  ])('%s needs no other font', (text) => {
    expect(plainCharacters(text)).toEqual([...text]);
  });

  test.each([
    ['Arabic', 'قارب'],
    ['Hebrew', 'סירה'],
    ['Devanagari', 'नाव'],
    ['Chinese', '小船'],
    ['Thai', 'เรือ'],
    ['one character among others', 'boat 船'],
    ['a mark on its own', 'x\u0323\u0307'],
    ['nothing', ''],
  ])('%s is not for it', (_, text) => {
    expect(plainCharacters(text)).toBeUndefined();
  });

  test('leaves out characters that do not show', () => {
    expect(plainCharacters('a\u200db\ufe0f\u202e')).toEqual(['a', 'b']);
  });
});

test('text is as wide as its letters, and drawn within that', () => {
  const text = [...'Wij'];
  expect(widthOf(text, 100)).toBeCloseTo(text.reduce((sum, one) => sum + widthOf([one], 100), 0));
  expect(widthOf(text, 50)).toBeCloseTo(widthOf(text, 100) / 2);
  const path = pathOf(text, 100, 80);
  expect(path).toMatch(/^M[\d.MLQCZ -]+$/);
});

/** The part of opentype.js that is used here. */
interface OpenType {
  parse(font: ArrayBuffer): {
    charToGlyph(character: string): {
      advanceWidth: number;
      getPath(x: number, y: number, size: number): { toPathData(places: number): string };
    };
  };
}

test('the outlines are those of the font; else: npm run label-font', () => {
  const require = createRequire(import.meta.url);
  const { parse }: OpenType = require('opentype.js');
  const file = require.resolve('@fontsource/dejavu-sans/files/dejavu-sans-latin-700-normal.woff');
  const font = parse(new Uint8Array(readFileSync(file)).buffer);
  const numbersIn = (path: string) => path.match(/-?\d+(?:\.\d+)?/g)?.map(Number) ?? [];
  for (const character of 'aÄ&ßжΩ…%ǅ ') {
    const glyph = font.charToGlyph(character);
    expect(widthOf([character], 2048)).toBe(glyph.advanceWidth);
    const theirs = glyph.getPath(0, 80, 50).toPathData(2);
    const ours = pathOf([character], 50, 80);
    expect(ours.replace(/[^MLQCZ]/g, '')).toBe(theirs.replace(/[^MLQCZ]/g, ''));
    for (const [at, number] of numbersIn(theirs).entries()) {
      expect(numbersIn(ours)[at]).toBeCloseTo(number, 1);
    }
  }
});
