import { expect, test } from 'vitest';
import {
  BLACK,
  colourOf,
  contrast,
  contrastOf,
  hexOf,
  WHITE,
} from '../../../src/images/overlay/colours.js';

const KINDS = Array.from({ length: 100 }, (_, kind) => colourOf(kind));

test('each kind has a colour of its own', () => {
  expect(new Set(KINDS.map(hexOf)).size).toBe(KINDS.length);
  for (const channel of KINDS.flat()) {
    expect(Number.isInteger(channel) && channel >= 0 && channel <= 255).toBe(true);
  }
});

test('text on it can be read, and one of its two lines shows on any ground', () => {
  for (const colour of KINDS) expect(contrast(colour, contrastOf(colour))).toBeGreaterThan(4.5);
});

test('contrast is that of WCAG', () => {
  expect(contrast(BLACK, WHITE)).toBeCloseTo(21);
  expect(contrast(WHITE, WHITE)).toBe(1);
  // The grey that is the lightest one to pass on white.
  expect(contrast([118, 118, 118], WHITE)).toBeCloseTo(4.54, 2);
});

test('names colours as CSS does', () => {
  expect(hexOf([0, 158, 255])).toBe('#009eff');
});
