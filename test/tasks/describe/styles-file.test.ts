import { describe, expect, test } from 'vitest';
import { parseStyles } from '../../../src/tasks/describe/styles-file.js';
import { failureOf } from '../../support/ask.js';

const PROMPT = 'What is it?';

test('a file holds styles, sets of styles, and lists of their names', () => {
  const headline = { prompt: PROMPT, maxChars: 60, oneLine: true };
  const { styles, sets } = parseStyles(
    {
      web: ['title', 'headline', 'keywords'],
      headline,
      shop: { pitch: { prompt: PROMPT, maxWords: 3 }, keywords: { prompt: PROMPT, list: true } },
    },
    'styles.json',
  );
  expect([...styles.values()]).toEqual([
    { name: 'headline', ...headline },
    { name: 'pitch', prompt: PROMPT, maxWords: 3 },
    { name: 'keywords', prompt: PROMPT, list: true },
  ]);
  expect(Object.fromEntries(sets)).toEqual({
    shop: [styles.get('pitch'), styles.get('keywords')],
    web: ['title', styles.get('headline'), styles.get('keywords')],
  });
});

describe('a file is refused if', () => {
  test.each<[what: string, value: unknown, message: string]>([
    ['it is no object', [], 'styles.json holds no styles'],
    ['an entry is no style', { a: 'What?' }, 'a is neither a style nor a set of styles'],
    ['a set is empty', { a: [] }, 'a is an empty set'],
    ['a set has something else', { a: { b: 'What?' } }, 'b is no style'],
    ['a set names no style', { a: ['nope'] }, 'a names "nope", which is no style'],
    [
      'a style is there twice',
      { a: { prompt: 'x' }, s: { a: { prompt: 'y' } } },
      'a is there twice',
    ],
    ['a name is that of a set too', { a: { a: { prompt: 'x' } } }, 'of a style and of a set'],
    ['a name is taken', { title: { prompt: 'x' } }, 'cannot be named title'],
    ['a name is none', { 'a b': { prompt: 'x' } }, '"a b" is no name for'],
    ['a prompt is empty', { a: { prompt: ' ' } }, 'a has a prompt that is not a text'],
    ['a prompt is missing', { s: { a: { list: true } } }, 'a has no prompt'],
    ['a placeholder is unknown', { a: { prompt: '{x}' } }, 'unknown placeholder {x} in the prompt'],
    [
      'a property is unknown',
      { a: { prompt: 'x', maxChar: 1 } },
      'a has "maxChar", and a style has',
    ],
    [
      'a limit is none',
      { a: { prompt: 'x', maxWords: 0 } },
      'a maxWords that is not a whole number',
    ],
    ['a limit is a text', { a: { prompt: 'x', maxChars: '9' } }, 'a maxChars that is not a whole'],
    ['a switch is none', { a: { prompt: 'x', list: 1 } }, 'a list that is not true or false'],
  ])('%s', async (_, value, message) => {
    const error = await failureOf((async () => parseStyles(value, 'styles.json'))());
    expect(error).toMatchObject({ kind: 'usage', message: expect.stringContaining(message) });
  });
});
