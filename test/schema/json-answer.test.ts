import { describe, expect, test } from 'vitest';
import { randomOf } from '../../scripts/fuzz/mutate.mjs';
import { parseJsonAnswer } from '../../src/schema/json-answer.js';
import { findJsonBreak, parseSchema } from '../../src/schema/json-break.js';

const photo = '{"title": "A harbor", "tags": ["boat", "sea\\u00e9"], "n": -1.5e+3, "ok": true}';

describe('an answer that is JSON is taken:', () => {
  test.each<[text: string, value: unknown]>([
    ['{"a": 1}', { a: 1 }],
    [' \r\n\t[1]\n', [1]],
    ['\ufeff{"a":1}', { a: 1 }],
    ['\n\ufeff"x"\n', 'x'],
    ['null', null],
    ['-0.5e3', -500],
    ['{"a":1,"a":2}', { a: 2 }],
    ['"\\ud800"', '\ud800'],
    ['"\ud800"', '\ud800'],
    ['"```"', '```'],
    [`\`\`\`json\n{"a":1}\n\`\`\``, { a: 1 }],
    [` \`\`\`\r\n{"a":"\`\`\`"}\`\`\`\n`, { a: '```' }],
  ])('%j', (text, value) => {
    expect(parseJsonAnswer(text)).toEqual({ ok: true, value });
  });

  test('with a key named __proto__, which must not change the prototype', () => {
    const answer = parseJsonAnswer('{"__proto__":{"admin":true}}');
    const value = answer.ok ? answer.value : undefined;
    expect(Object.keys(value ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

test.each<[text: string, problem: string]>([
  ['', 'it is empty, not JSON'],
  [' \n\ufeff', 'it is empty, not JSON'],
  [`\`\`\`json\n${photo}\n\`\`\` There!`, 'it is not JSON alone: it begins with a code fence'],
  [
    `\`\`\`json\n[1]\n\`\`\`\n\`\`\`\n[2]\n\`\`\``,
    'it is not JSON alone: it begins with a code fence',
  ],
  [
    `\`\`\`JSON of the photo\n${photo}\n\`\`\``,
    'it is not JSON alone: it begins with a code fence',
  ],
  [`\`\`\`\n${photo}`, 'it is not JSON alone: it begins with a code fence'],
  [`Here is the JSON: ${photo}`, 'it is not JSON alone: it begins with text before the JSON'],
  [`Sure!\n\`\`\`\n${photo}`, 'it is not JSON alone: it begins with text before the JSON'],
  [`2 boats: ${photo}`, 'it is not JSON alone: it begins with text before the JSON'],
  [`true: ${photo}`, 'it is not JSON alone: it begins with text before the JSON'],
  ['A harbor with two boats.', 'it is text, not JSON'],
  [`${photo}\nI hope this helps!`, 'it is not JSON alone: it goes on with text after the JSON'],
  [`${photo}\n${photo}`, 'it is not JSON alone: it goes on with text after the JSON'],
  [`${photo}\n\`\`\``, 'it is not JSON alone: it goes on with text after the JSON'],
  ['{"a":', 'it is not valid JSON: it ends in the middle'],
  ["{'a': 1}", 'it is not valid JSON: it breaks at line 1, column 2'],
  ['{\n  "a": 1,\n}', 'it is not valid JSON: it breaks at line 3, column 1'],
  ['[offline] A harbor.', 'it is not valid JSON: it breaks at line 1, column 2'],
])('%j is refused: %s', (text, problem) => {
  expect(parseJsonAnswer(text)).toEqual({ ok: false, problem });
});

test('JSON that is cut anywhere ends in the middle', () => {
  for (let length = 1; length < photo.length; length += 1) {
    expect(parseJsonAnswer(photo.slice(0, length)), photo.slice(0, length)).toEqual({
      ok: false,
      problem: 'it is not valid JSON: it ends in the middle',
    });
  }
});

test('so does JSON that is nested too deeply for recursion', () => {
  expect(parseJsonAnswer('[{"a":'.repeat(50_000))).toMatchObject({
    problem: 'it is not valid JSON: it ends in the middle',
  });
});

test('a long string without an end ends in the middle too', () => {
  expect(parseJsonAnswer(`{"a":"${'a\\n'.repeat(200_000)}`)).toMatchObject({
    problem: 'it is not valid JSON: it ends in the middle',
  });
});

describe('where JSON breaks:', () => {
  test.each<[text: string, kind: string, line: number, column: number]>([
    ['{"a": x}', 'broken', 1, 7],
    ['{"a" 1}', 'broken', 1, 6],
    ['{"a": 1 "b": 2}', 'broken', 1, 9],
    ['{a: 1}', 'broken', 1, 2],
    ['{1: 1}', 'broken', 1, 2],
    ['[1,]', 'broken', 1, 4],
    ['[1}', 'broken', 1, 3],
    ['{"a":1]', 'broken', 1, 7],
    ['[,1]', 'broken', 1, 2],
    ['[:]', 'broken', 1, 2],
    ['[01]', 'broken', 1, 2],
    ['[1.]', 'broken', 1, 2],
    ['[.5]', 'broken', 1, 2],
    ['[+1]', 'broken', 1, 2],
    ['[NaN]', 'broken', 1, 2],
    ['[True]', 'broken', 1, 2],
    ['["a\nb"]', 'broken', 1, 4],
    ['["\\x"]', 'broken', 1, 3],
    ['["\\N"]', 'broken', 1, 3],
    ['["\\U0041"]', 'broken', 1, 3],
    ['["\\u12g4"]', 'broken', 1, 3],
    ['["💥", x]', 'broken', 1, 7],
    ['\ufeff[\r\n x]', 'broken', 2, 2],
    ['\ufeff[x]', 'broken', 1, 2],
    ['\n\n[1] [2]', 'more', 3, 5],
    ['{} // note', 'more', 1, 4],
    ['[\n1', 'cut', 2, 2],
    ['', 'cut', 1, 1],
  ])('%j', (text, kind, line, column) => {
    expect(findJsonBreak(text)).toEqual({ kind, line, column });
  });

  test('no break is found exactly if Node reads the text', () => {
    const random = randomOf(20);
    const characters = [...'{}[]",:\\-+.eE0123 \n\ttruefalsnx\u0001é\ud83d'];
    const pick = (below: number) => Math.floor(random() * below);
    const texts = Array.from({ length: 5000 }, () => {
      const at = pick(photo.length);
      const insert = characters[pick(characters.length)] ?? '';
      return photo.slice(0, at) + insert + photo.slice(at + pick(3));
    });
    const good = texts.filter(canBeRead);
    expect(good.length).toBeGreaterThan(500);
    expect(good.length).toBeLessThan(4500);
    expect(texts.filter((text) => findJsonBreak(text) === undefined)).toEqual(good);
  });
});

function canBeRead(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each(['{"type":"object"}', ' \ufeff{"type":"object"}\n'])('the schema %j is read', (text) => {
  expect(parseSchema(text, '--schema')).toEqual({ type: 'object' });
});

test.each<[text: string, why: string]>([
  ['', 'is empty'],
  ['\ufeff \n', 'is empty'],
  ['{"type": "object"', 'is not valid JSON: it ends in the middle'],
  ['{\n  "type": "object",\n}', 'is not valid JSON: it breaks at line 3, column 1'],
  ['// my schema\n{}', 'is not valid JSON: it breaks at line 1, column 1'],
  ['{}\n{}', 'is not valid JSON: something follows the JSON at line 2, column 1'],
  ['photo.json', 'is not valid JSON: it breaks at line 1, column 1'],
])('the schema %j is refused: it %s', (text, why) => {
  expect(() => parseSchema(text, 'the file x.json')).toThrow(
    expect.objectContaining({
      kind: 'usage',
      message: `the file x.json ${why}`,
      hint: expect.stringContaining('A schema is JSON'),
    }),
  );
});
