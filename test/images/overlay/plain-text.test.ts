import { describe, expect, test } from 'vitest';
import { pathOf, plainCharacters, widthOf } from '../../../src/images/overlay/labels.js';

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
