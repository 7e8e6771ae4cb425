import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { inJson, request, type Shown, textOf } from './asked.js';
import { emulatorForFile, fixture, MODEL } from './client.js';

const { generate, post } = emulatorForFile();
const harbor: Shown = ['image/jpeg', fixture('harbor.jpg')];
const small: Shown = ['image/png', fixture('small.png')];
const other: Shown = ['image/jpeg', fixture('small.jpg')];

const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
ajvFormats.default(ajv);

async function answerTo(schema: unknown, pictures: readonly Shown[] = [small], prompt = 'Look.') {
  return JSON.parse(await textOf(generate(request(pictures, prompt, inJson(schema)))));
}

const of = (properties: Record<string, unknown>, rest: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...rest,
});
const list = (items: unknown, rest: object = {}) => ({ type: 'array', items, ...rest });
const formats = [
  ...['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'regex'],
  ...['uri-reference', 'uri-template', 'uuid', 'json-pointer', 'relative-json-pointer', 'byte'],
  ...['iso-time', 'iso-date-time', 'url', 'unheard-of'],
];

const SCHEMAS: Record<string, unknown> = {
  'a string': { type: 'string' },
  'an integer': { type: 'integer' },
  'a number': { type: 'number' },
  'a boolean': { type: 'boolean' },
  null: { type: 'null' },
  anything: {},
  'a title and colours': of({ title: { type: 'string' }, colors: list({ type: 'string' }) }),
  'optional properties': { type: 'object', properties: { a: { type: 'string' } } },
  'a property that is required only': { type: 'object', required: ['a', '__proto__'] },
  // ajv does not look at properties of this name, and takes them for additional ones.
  'names of the language': of(
    { ['__proto__']: { type: 'integer' }, constructor: { enum: ['x'] } },
    { additionalProperties: true },
  ),
  'properties of one type': { type: 'object', additionalProperties: { type: 'integer' } },
  'a required one of that type': {
    type: 'object',
    required: ['n'],
    additionalProperties: { type: 'boolean' },
  },
  'nested objects': of({ a: of({ b: of({ c: list(of({ d: { type: 'number' } })) }) }) }),
  'nested arrays': list(list(list({ type: 'integer' }, { minItems: 3 })), { maxItems: 2 }),
  'no type but properties': { properties: { a: { minimum: 5 } }, required: ['a'] },
  'no type but items': { items: { type: 'boolean' }, minItems: 2 },
  'narrow bounds': of({
    a: { type: 'integer', minimum: 7, maximum: 7 },
    b: { type: 'integer', minimum: 2.5, maximum: 3.5 },
    c: { type: 'number', minimum: 0.1, maximum: 0.2 },
    d: { type: 'integer', maximum: -5 },
    e: { type: 'integer', minimum: -9, maximum: -3 },
    f: { type: 'number', minimum: 1e300 },
    g: { type: 'integer', minimum: 1_000_000 },
    h: { type: 'number', minimum: -1.5, maximum: -0.5 },
  }),
  'numbers and sides of arrays': of({
    few: list({ type: 'string' }, { minItems: 2, maxItems: 2 }),
    none: list({ type: 'string' }, { maxItems: 0 }),
    many: list({ type: 'string' }, { minItems: 40 }),
    shares: list({ type: 'number', minimum: 0, maximum: 1 }, { minItems: 4 }),
    objects: list(of({ n: { type: 'integer' } }), { minItems: 6, maxItems: 7 }),
  }),
  'places of an array': {
    type: 'array',
    prefixItems: [{ type: 'string' }, { type: 'integer' }, { enum: ['a', 'b'] }],
    items: { type: 'boolean' },
    minItems: 5,
  },
  'places and no more': { type: 'array', prefixItems: [{ type: 'string' }], items: false },
  'enums of every kind': of({
    text: { type: 'string', enum: ['left', 'right'] },
    number: { type: 'integer', enum: [3, 5] },
    mixed: { enum: ['x', 1.5] },
    maybe: { anyOf: [{ type: 'string', enum: ['only'] }, { type: 'null' }] },
  }),
  alternatives: of({
    one: { oneOf: [{ type: 'null' }, { type: 'integer', minimum: 3 }] },
    other: { description: 'x', anyOf: [{ type: 'array', items: { type: 'string' } }] },
  }),
  'references, also those that come back': {
    ...of({
      first: { $ref: '#/$defs/boat' },
      boats: { type: 'array', items: { $ref: '#/$defs/boat' } },
    }),
    $defs: {
      boat: of({ name: { type: 'string' } }),
      unused: {
        type: 'object',
        properties: { next: { $ref: '#/$defs/unused' } },
      },
    },
  },
  'a tree': {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          inside: { type: 'array', items: { $ref: '#/$defs/node' } },
        },
        required: ['name'],
      },
    },
  },
  'what may be null': of({
    a: { type: ['string', 'null'] },
    b: { type: ['null', 'integer'] },
    c: { type: ['array', 'null'], items: { type: 'string' } },
  }),
  'true and false': {
    type: 'object',
    properties: { any: true, never: false },
    required: ['any'],
    additionalProperties: true,
  },
  formats: of(Object.fromEntries(formats.map((format) => [format, { type: 'string', format }]))),
  'formats in a list': list({ type: 'string', format: 'email' }, { minItems: 3 }),
  'formats of numbers': of({ a: { type: 'integer', format: 'int32' }, b: { format: 'double' } }),
  'titles and descriptions': of({ a: { title: 'A', description: 'b', type: 'string' } }),
  'verdicts without claims': of({
    verdicts: list(
      of({
        claim: { type: 'integer' },
        evidence: { type: 'string' },
        verdict: { enum: ['holds', 'fails', 'unclear'] },
        box_2d: list({ type: 'integer' }, { minItems: 4, maxItems: 4 }),
      }),
      { minItems: 2 },
    ),
  }),
  'more boxes than there are regions': list(
    of({ label: { type: 'string' }, box_2d: list({ type: 'integer' }, { minItems: 4 }) }),
    { minItems: 8 },
  ),
  'one box': of({ box_2d: list({ type: 'integer', minimum: 0, maximum: 1000 }) }),
};

test.each(Object.keys(SCHEMAS))('%s: the answer conforms', async (name) => {
  const schema = SCHEMAS[name];
  for (const pictures of [[small], [], [small, other]]) {
    const value = await answerTo(schema, pictures);
    const isValid = ajv.validate(schema as object, value);
    expect({ value, errors: isValid ? null : ajv.errors }).toEqual({ value, errors: null });
  }
});

test('all properties are filled, also those that are not required', async () => {
  const properties = { a: { type: 'string' }, b: { type: ['integer', 'null'] } };
  const value = await answerTo({ type: 'object', properties, required: ['a'] });
  expect(Object.keys(value)).toEqual(['a', 'b']);
  expect(value.b).not.toBeNull();
});

test('the text comes from the pixels, and says that it is offline', async () => {
  const schema = of({
    title: { type: 'string' },
    caption: { type: 'string' },
    altText: { type: 'string' },
    description: { type: 'string' },
    width: { type: 'integer' },
    height: { type: 'integer' },
    orientation: { enum: ['portrait', 'landscape', 'square'] },
    format: { enum: ['png', 'jpeg'] },
    is_portrait: { type: 'boolean' },
    share: { type: 'number', minimum: 0, maximum: 1 },
    colors: list({ type: 'string' }),
  });
  const text = await textOf(generate(request([harbor], 'Describe this image.')));
  const value = await answerTo(schema, [harbor]);
  expect(value).toMatchObject({
    caption: text,
    width: 1280,
    height: 853,
    orientation: 'landscape',
    format: 'jpeg',
    is_portrait: false,
  });
  expect(value.title).toMatch(/^\[offline\] Landscape JPEG, mostly .*[a-z]$/);
  expect(value.altText).toMatch(/^\[offline\] JPEG, 1280 × 853 pixels, landscape, mostly /);
  expect(value.description).toMatch(
    /^\[offline\] This is a JPEG picture\. It is 1280 pixels wide /,
  );
  expect(value.colors[0]).toBe('[offline]');
  for (const colour of value.colors.slice(1)) expect(text).toContain(colour);
  expect(text).toContain(`(${Math.round(value.share * 100)}%)`);
});

test('a text in JSON keeps to the length that its description or the prompt names', async () => {
  const schema = of({ a: { type: 'string', description: 'At most 4 words.' } });
  expect((await answerTo(schema, [harbor])).a).toBe('[offline] A JPEG picture.');
  const plain = of({ a: { type: 'string' } });
  const value = await answerTo(plain, [harbor], 'Use at most 2 words.');
  expect(value.a).toBe('[offline] JPEG.');
});

test('tags are different words in lower case, after the mark', async () => {
  for (const [pictures, minItems] of [
    [[small], 5],
    [[harbor], 15],
    [[], 5],
  ] as const) {
    const tags = await answerTo(list({ type: 'string' }, { minItems, maxItems: 15 }), pictures);
    expect(tags[0]).toBe('[offline]');
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags.length).toBeGreaterThanOrEqual(minItems);
    expect(tags.length).toBeLessThanOrEqual(15);
    for (const tag of tags.slice(1)) expect(tag).toMatch(/^[a-z0-9][a-z0-9 -]*$/);
  }
  const one = await answerTo(list({ type: 'string' }, { maxItems: 1 }));
  expect(one).toEqual(['[offline]']);
  const tags = await answerTo(list({ type: 'string' }), [harbor]);
  expect(tags.slice(0, 3)).toEqual(['[offline]', 'jpeg', 'landscape']);
});

test('of several pictures, each item of a list is about one', async () => {
  const item = of({ width: { type: 'integer' }, text: { type: 'string' } });
  const value = await answerTo(list(item), [small, harbor]);
  expect(value.map(({ width }: { width: number }) => width)).toEqual([96, 1280]);
  expect(value[1].text).toMatch(/^\[offline\] A JPEG picture of 1280 /);
});

test('without a picture, values that may be null are null', async () => {
  const type = ['integer', 'null'];
  expect(await answerTo(of({ width: { type } }), [])).toEqual({ width: null });
  expect((await answerTo(of({ a: { type: 'string' } }), [])).a).toMatch(/^\[offline\] No picture/);
});

test('JSON without a schema is an object with the text', async () => {
  const text = await textOf(generate(request([small], 'Describe it.')));
  const json = await textOf(generate(request([small], 'Describe it.', inJson())));
  expect(JSON.parse(json)).toEqual({ text });
});

test('the OpenAPI kind of schema is kept to as well', async () => {
  const responseSchema = {
    type: 'OBJECT',
    properties: {
      title: { type: 'STRING', maxLength: 30 },
      short: { type: 'STRING', maxLength: 4 },
      long: { type: 'STRING', minLength: 300 },
      people: { type: 'INTEGER', nullable: true, maximum: 20 },
      kind: { type: 'STRING', format: 'enum', enum: ['photo', 'drawing'] },
      either: { anyOf: [{ type: 'NULL' }, { type: 'BOOLEAN' }] },
      tags: { type: 'ARRAY', items: { type: 'STRING' }, minItems: '5', maxItems: '5' },
    },
    required: ['title'],
    propertyOrdering: ['title', 'people'],
  };
  const config = { responseMimeType: 'application/json', responseSchema };
  const value = JSON.parse(await textOf(generate(request([harbor], 'Look.', config))));
  expect(value.title).toMatch(/^\[offline\] .{1,20}$/);
  expect(value.short).toBe('[off');
  expect(value.long.length).toBeGreaterThanOrEqual(300);
  expect(value.people).toBeLessThanOrEqual(20);
  expect(Number.isInteger(value.people)).toBe(true);
  expect(['photo', 'drawing']).toContain(value.kind);
  expect(typeof value.either).toBe('boolean');
  expect(value.tags).toHaveLength(5);
});

test('text/x.enum gives one of the values, plainly', async () => {
  const config = (schema: object) => ({ responseMimeType: 'text/x.enum', ...schema });
  const values = ['portrait', 'landscape'];
  for (const schema of [
    { responseSchema: { type: 'STRING', enum: values } },
    { responseJsonSchema: { type: 'string', enum: values } },
  ]) {
    expect(await textOf(generate(request([small], 'Which?', config(schema))))).toBe('landscape');
  }
});

test('a stream cuts JSON anywhere, and the pieces together are the same', async () => {
  const path = `/v1beta/models/${MODEL}:streamGenerateContent`;
  const schema = list({ type: 'integer' }, { minItems: 30 });
  const body = request([small], 'Numbers.', inJson(schema));
  const chunks = (await post(path, body)).json;
  const texts = chunks.map((chunk: never) => textIn(chunk));
  expect(texts.length).toBeGreaterThan(2);
  expect(texts.join('')).toBe(await textOf(generate(body)));
  expect(() => JSON.parse(texts[0])).toThrow();
  expect(chunks.at(-1).candidates[0].finishReason).toBe('STOP');
});

function textIn(chunk: { candidates: [{ content: { parts: [{ text: string }] } }] }): string {
  return chunk.candidates[0].content.parts[0].text;
}

test('JSON over its token limit is cut, and says so; every candidate has the same', async () => {
  const schema = of({ a: { type: 'string' } });
  const config = { ...inJson(schema), maxOutputTokens: 5, candidateCount: 2 };
  const { json } = await generate(request([small], 'a', config));
  expect(json.candidates).toHaveLength(2);
  for (const { content, finishReason } of json.candidates) {
    expect(finishReason).toBe('MAX_TOKENS');
    expect(content.parts[0].text).toHaveLength(20);
  }
  expect(json.usageMetadata.candidatesTokenCount).toBe(10);
});

test('a schema that asks for more than an answer holds ends in MAX_TOKENS', async () => {
  const million = (items: unknown) => list(items, { minItems: 1_000_000 });
  for (const schema of [
    million({ type: 'integer' }),
    million(million({ type: 'boolean' })),
    million({ type: 'object', properties: {} }),
    million({ type: 'string' }),
  ]) {
    const { json } = await generate(request([small], 'a', inJson(schema)));
    const [{ content, finishReason }] = json.candidates;
    expect(finishReason).toBe('MAX_TOKENS');
    expect(() => JSON.parse(content.parts[0].text)).toThrow();
  }
});
