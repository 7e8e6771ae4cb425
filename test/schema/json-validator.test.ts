import { describe, expect, test, vi } from 'vitest';
import type { JsonSchema } from '../../src/domain/brief.js';
import { createValidator, jsonValidator } from '../../src/schema/validator.js';

const photo: JsonSchema = {
  type: 'object',
  properties: {
    title: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
    people: { type: ['integer', 'null'], minimum: 0 },
    light: { type: 'string', enum: ['day', 'night'] },
    taken: { type: 'string', format: 'date' },
  },
  required: ['title', 'tags'],
  additionalProperties: false,
};
const good = { title: 'A', tags: ['b'], people: null, light: 'day', taken: '2024-02-29' };

test('a value that fits has no problem', async () => {
  expect((await createValidator(photo))(good)).toBeUndefined();
});

test.each<[value: unknown, problem: string]>([
  [[], 'the value must be object'],
  [null, 'the value must be object'],
  [{ tags: ['b'] }, "the value must have required property 'title'"],
  [{ ...good, tags: ['a', 'b', 3] }, '/tags/2 must be string'],
  [{ ...good, tags: [] }, '/tags must NOT have fewer than 1 items'],
  [{ ...good, people: '2' }, '/people must be integer,null'],
  [{ ...good, people: 1.5 }, '/people must be integer,null'],
  [{ ...good, people: -1 }, '/people must be >= 0'],
  [{ ...good, light: 'dusk' }, '/light must be one of "day","night"'],
  [{ ...good, taken: '2023-02-29' }, '/taken must match format "date"'],
  [{ ...good, mood: 'calm' }, 'the value must not have the property "mood"'],
  [{ title: 1, tags: 1 }, '/title must be string; /tags must be array'],
])('%j: %s', async (value, problem) => {
  expect((await createValidator(photo))(value)).toBe(problem);
});

test('one validator checks each value by itself', async () => {
  const validate = await createValidator(photo);
  expect(validate({ ...good, title: 1 })).toBe('/title must be string');
  expect(validate(good)).toBeUndefined();
  expect(validate({ ...good, tags: 1 })).toBe('/tags must be array');
});

test('tuples are checked entry by entry', async () => {
  const validate = await createValidator({
    prefixItems: [{ type: 'string' }, { type: 'integer' }],
  });
  expect(validate(['a', 1])).toBeUndefined();
  expect(validate([1, 'a'])).toBe('/0 must be string; /1 must be integer');
});

test('a property that every object inherits counts as missing', async () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];
  const validate = await createValidator({ type: 'object', required: names });
  expect(validate({})?.match(/must have required property/g)).toHaveLength(4);
  expect(validate(JSON.parse(`{${names.map((name) => `"${name}":1`).join()}}`))).toBeUndefined();
});

test('a property may be named __proto__, and is checked like any other', async () => {
  const schema =
    '{"properties":{"a":{"type":"string"},"__proto__":{"type":"string"}},"additionalProperties":false}';
  const validate = await createValidator(JSON.parse(schema));
  expect(validate(JSON.parse('{"__proto__":"x"}'))).toBeUndefined();
  expect(validate(JSON.parse('{"__proto__":1}'))).toBe('/__proto__ must be string');
  expect(validate({ b: 1 })).toBe('the value must not have the property "b"');
});

describe('a great many problems are described in a few words:', () => {
  const texts: JsonSchema = { type: 'array', items: { type: 'string' } };

  test('five by name, the others as a number', async () => {
    const validate = await createValidator(texts);
    expect(validate(Array.from({ length: 8 }, () => 1))).toBe(
      '/0 must be string; /1 must be string; /2 must be string; /3 must be string; ' +
        '/4 must be string; and 3 more',
    );
  });

  test('only the first, if the answer has very many values', async () => {
    const validate = await createValidator(texts);
    expect(validate(Array.from({ length: 100_000 }, () => 1))).toBe('/0 must be string');
  });

  test('names and choices of any length', async () => {
    const name = 'n'.repeat(10_000);
    const inner = {
      type: 'object',
      additionalProperties: false,
      properties: { a: { enum: [name] } },
    };
    const validate = await createValidator({ additionalProperties: inner });
    const value = Object.fromEntries(
      [...'abcdefgh'].map((one) => [one + name, { [name]: 1, a: 1 }]),
    );
    const problem = validate(value) ?? '';
    expect(problem.length).toBeLessThan(600);
    expect(problem.split('; ')).toHaveLength(6);
    expect(problem).toMatch(
      /^…n{39} must not have the property "n+…; …n+\/a must be one of "n+…; /,
    );
    expect(problem).toMatch(/; and 11 more$/);
  });

  test('without characters that would take effect on a terminal', async () => {
    const validate = await createValidator({ additionalProperties: { type: 'string' } });
    expect(validate({ '\u001b[2J\n\u202e\u2028\ud800': 1 })).toBe(
      '/\ufffd[2J\ufffd\ufffd\ufffd\ufffd must be string',
    );
  });
});

test('an unknown format is no error, and nothing is logged', async () => {
  const logged = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
    vi.spyOn(console, name),
  );
  const schema = { type: 'string', format: 'colour', made: 'up', minItems: 2 };
  const validate = await createValidator(schema);
  expect(validate('blue')).toBeUndefined();
  expect(validate(1)).toBe('the value must be string');
  for (const log of logged) expect(log).not.toHaveBeenCalled();
});

test.each<[schema: JsonSchema]>([
  [{ type: 'strin' }],
  [{ properties: [] }],
  [{ $ref: '#/$defs/nowhere' }],
  [{ required: true }],
])('%j is no schema', async (schema) => {
  await expect(createValidator(schema)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/^the schema is not a valid JSON Schema: ./),
  });
});

describe('the validator of JSON answers', () => {
  test('gives the JSON on one line, and the value', async () => {
    const validate = await jsonValidator(photo);
    expect(validate(`\ufeff${JSON.stringify(good, undefined, 2)}\n`)).toEqual({
      ok: true,
      text: '{"title":"A","tags":["b"],"people":null,"light":"day","taken":"2024-02-29"}',
      data: good,
    });
  });

  test.each<[text: string]>([
    ['{"b":[1.50, -0, 1e2],"a":"\\u00e9\\n"}'],
    ['{"a":1,"a":2}'],
    ['{"__proto__":{"a":1}}'],
    ['"\\ud800 \ud800 \u2028"'],
    ['12345678901234567890'],
    ['null'],
  ])('takes its own text of %j again', async (text) => {
    const validate = await jsonValidator({});
    const first = validate(text);
    const line = JSON.stringify(JSON.parse(text)).replaceAll('\u2028', '\\u2028');
    expect(first).toMatchObject({ ok: true, text: line });
    const second = validate(first.ok ? first.text : '');
    expect(second).toMatchObject({ ok: true, text: first.ok && first.text });
  });

  test.each<[text: string, problem: string]>([
    [
      `\`\`\`json\n${JSON.stringify(good)}\n\`\`\` There it is.`,
      'it is not JSON alone: it begins with a code fence',
    ],
    [
      `Here it is: ${JSON.stringify(good)}`,
      'it is not JSON alone: it begins with text before the JSON',
    ],
    ['{"title": "A", "ta', 'it is not valid JSON: it ends in the middle'],
    ['["A"]', 'it does not fit the schema: the value must be object'],
    [
      '{"title": 1}',
      "it does not fit the schema: the value must have required property 'tags'; /title must be string",
    ],
    ['', 'it is empty, not JSON'],
  ])('tells what is wrong with %j', async (text, problem) => {
    expect((await jsonValidator(photo))(text)).toEqual({ ok: false, problem });
  });

  test('refuses a number that JSON cannot express', async () => {
    const validate = await jsonValidator({ type: 'number' });
    expect(validate('1e308')).toMatchObject({ ok: true });
    expect(validate('1e400')).toMatchObject({ ok: false });
  });

  test('refuses a value that is nested too deeply to be written', async () => {
    const validate = await jsonValidator({});
    expect(validate('['.repeat(100_000) + ']'.repeat(100_000))).toEqual({
      ok: false,
      problem: 'its JSON is nested too deeply',
    });
  });
});
