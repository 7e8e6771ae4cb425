import { describe, expect, test } from 'vitest';
import { cleanKey, keyRedactor } from '../../src/gemini/key.js';
import { failureOf, words } from '../support/ask.js';

describe('a key', () => {
  test.each([
    ['AIzaSy-x_Y', 'AIzaSy-x_Y'],
    ['AQ.Ab8RN6', 'AQ.Ab8RN6'],
    ['k', 'k'],
    ['  k \r\n', 'k'],
    ['\ufeffk', 'k'],
    ['"k"', 'k'],
    ["'k'\n", 'k'],
    ['" k "', 'k'],
    ['\ufeff "k"', 'k'],
    ['"k', '"k'],
    ['\u00a0k\u00a0', 'k'],
  ])('%j is %j', (raw, key) => {
    expect(cleanKey(raw)).toBe(key);
  });

  test.each(['', ' ', '\n', '""', "' '", '\ufeff'])('%j is not a key', (raw) => {
    expect(cleanKey(raw)).toBeUndefined();
  });

  test.each(['abc\ndef', 'abc def', 'abc\tdef', 'abc\u0000def', 'abc\u200bdef', 'abcédef'])(
    '%j is refused without being repeated',
    async (raw) => {
      const error = await failureOf((async () => cleanKey(raw))());
      expect(error.kind).toBe('auth');
      expect(words(error)).not.toMatch(/abc|def/);
    },
  );
});

describe('a key is hidden', () => {
  test('wherever it stands, each time', () => {
    const redact = keyRedactor('AIzaSy-x_Y');
    expect(redact('AIzaSy-x_Y, xAIzaSy-x_Yx and key=AIzaSy-x_Y')).toBe(
      '[key], x[key]x and key=[key]',
    );
    expect(redact('nothing')).toBe('nothing');
  });

  test('if it is escaped for a URL, even in other letter case', () => {
    const redact = keyRedactor('a/b+c=d&e.f');
    expect(redact('x a/b+c=d&e.f y a%2Fb%2Bc%3Dd%26e.f z A%2fB%2bC%3dD%26E.F')).toBe(
      'x [key] y [key] z [key]',
    );
    expect(redact('a/b+c=d&eXf')).toBe('a/b+c=d&eXf');
  });

  test('only as a word of its own if it is very short', () => {
    const redact = keyRedactor('k');
    expect(redact('k, "k" key=k: it took k.')).toBe('[key], "[key]" key=[key]: it took [key].');
  });

  test.each(['$&', '.*', '\\', '(', '[a]', 'a|b', '^$'])('when it is %j', (key) => {
    expect(keyRedactor(key)(`x ${key} y`)).toBe('x [key] y');
    expect(keyRedactor(key)('nothing else')).toBe('nothing else');
  });
});
