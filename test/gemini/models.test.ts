import { describe, expect, test } from 'vitest';
import { DEFAULT_MODEL, parseModel } from '../../src/gemini/models.js';
import { failureOf } from '../support/ask.js';

describe("a model's name", () => {
  test.each([
    [DEFAULT_MODEL, DEFAULT_MODEL],
    ['models/gemini-3.8-flash', 'gemini-3.8-flash'],
    [' gemini-flash-latest\n', 'gemini-flash-latest'],
    ['x', 'x'],
    ['Gemini_4', 'Gemini_4'],
  ])('%j is %j', (raw, name) => {
    expect(parseModel(raw)).toBe(name);
  });

  test.each([
    '',
    ' ',
    'models/',
    'models/models/x',
    '../x',
    'a/b',
    'x?key=1',
    'x#y',
    'x:countTokens',
    'x%2fy',
    'x y',
    '-x',
    'x\u0000',
    'tunedModels/x',
  ])('%j is not a name, and cannot change where a request goes', async (raw) => {
    const error = await failureOf((async () => parseModel(raw))());
    expect(error.kind).toBe('usage');
    expect(error.message).toMatch(/^[\x20-\x7e]*$/);
    expect(error.hint).toContain(DEFAULT_MODEL);
  });
});
