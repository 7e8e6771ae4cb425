import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { fitForGemini } from '../../src/schema/gemini-subset.js';
import { jsonValidator } from '../../src/schema/validator.js';

/** A schema as it comes from a file: by `JSON.parse`, so that `__proto__` is a property. */
const read = (json: string): unknown => JSON.parse(json);

const text = { type: 'string' };

describe('a schema that Gemini takes stays as it is:', () => {
  test.each<[what: string, schema: object]>([
    ['nothing at all', {}],
    ['texts', { type: 'string', format: 'date-time', title: 'When', description: 'ISO 8601' }],
    ['choices', { type: 'string', enum: ['day', 'night'] }],
    ['choices of numbers too', { enum: ['a', 1] }],
    ['alternatives', { anyOf: [text, { type: 'integer' }, { type: 'null' }] }],
    ['names for itself and its parts', { $id: 'https://example.com/photo', $anchor: 'photo' }],
    [
      'an order of its properties',
      { type: 'object', properties: { a: text }, propertyOrdering: ['a'] },
    ],
    ['references', { type: 'array', items: { $ref: '#/$defs/a' }, $defs: { a: text } }],
    [
      'references that come back, where they are not required',
      {
        $ref: '#/$defs/node',
        $defs: {
          node: {
            type: 'object',
            properties: { name: text, next: { $ref: '#/$defs/node' } },
            required: ['name'],
          },
        },
      },
    ],
    ['numbers', { type: 'number', minimum: -0.5, maximum: 1e3 }],
    ['what may be null', { type: ['integer', 'null'] }],
    ['null', { type: 'null' }],
    ['lists', { type: 'array', items: { type: 'array', items: text }, minItems: 0, maxItems: 3 }],
    ['tuples', { type: 'array', prefixItems: [text, { type: 'integer' }] }],
    ['open objects', { type: 'object', additionalProperties: true }],
    ['maps', { type: 'object', additionalProperties: { type: 'integer' } }],
    ['objects', { type: 'object', properties: { a: text }, required: ['a'] }],
    [
      'properties that are named like keywords',
      {
        type: 'object',
        properties: {
          pattern: text,
          $ref: text,
          const: text,
          default: text,
          $defs: text,
          properties: { type: 'object', properties: { anyOf: text } },
        },
        required: ['pattern', '$ref'],
        additionalProperties: false,
      },
    ],
  ])('%s', (_, schema) => {
    expect(fitForGemini(schema)).toEqual({ schema, given: schema, leftOut: [], notEnforced: [] });
  });

  test('in its order of properties, in which the model writes', () => {
    const json =
      '{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"},"m":{"type":"string"}},"required":["m","z"]}';
    expect(JSON.stringify(fitForGemini(read(json)).schema)).toBe(json);
  });

  test('and a property may be named __proto__', () => {
    const json = '{"type":"object","properties":{"__proto__":{"type":"string"}}}';
    expect(JSON.stringify(fitForGemini(read(json)).schema)).toBe(json);
    expect(Object.hasOwn(Object.prototype, 'type')).toBe(false);
  });
});

test('a name is sent once, where the schema it names is sent as its own definition too', () => {
  const { schema } = fitForGemini({
    properties: { next: { $ref: '#' }, all: { type: 'array', items: { $ref: '#' } } },
    $id: 'https://example.com/photo',
    $anchor: 'photo',
  });
  const root = {
    properties: {
      next: { $ref: '#/$defs/root' },
      all: { type: 'array', items: { $ref: '#/$defs/root' } },
    },
  };
  expect(schema).toEqual({
    ...{ ...root, $id: 'https://example.com/photo', $anchor: 'photo' },
    $defs: { root },
  });
});

test('a keyword that forbids no value is left out, and named if it carries information', () => {
  const fitted = fitForGemini({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: 'for the shop',
    type: 'object',
    properties: {
      note: { ...text, default: '', examples: ['x'], readOnly: true, $comment: 'y' },
      'a/b~c': { ...text, deprecated: true, writeOnly: true },
    },
    $defs: { unused: { pattern: 'x' } },
    definitions: { unused: { pattern: 'x' } },
  });
  expect(fitted).toMatchObject({
    schema: { type: 'object', properties: { note: text, 'a/b~c': text } },
    leftOut: [
      '/properties/note/examples',
      '/properties/note/readOnly',
      '/properties/a~1b~0c/deprecated',
      '/properties/a~1b~0c/writeOnly',
    ],
    notEnforced: [],
  });
  expect(Object.keys(fitted.schema)).toEqual(['type', 'properties']);
});

test('bounds may allow a single value', () => {
  const schema = { type: 'array', items: { minimum: 1, maximum: 1 }, minItems: 2, maxItems: 2 };
  expect(fitForGemini(schema).schema).toEqual(schema);
});

describe('a keyword that Gemini takes in another form is sent in that form:', () => {
  test.each<[what: string, given: object, sent: object]>([
    ['the only choice', { const: 'v' }, { enum: ['v'] }],
    ['the only number', { type: 'integer', const: 7 }, { type: 'integer', enum: [7] }],
    ['nothing but null', { const: null }, { type: 'null' }],
    ['null last in a list of types', { type: ['null', 'string'] }, { type: ['string', 'null'] }],
    ['a list of one type', { type: ['string'] }, text],
    [
      'several types',
      { type: ['string', 'null', 'integer'] },
      { anyOf: [text, { type: 'integer' }, { type: 'null' }] },
    ],
    [
      'what OpenAPI calls nullable',
      { type: 'string', nullable: true },
      { type: ['string', 'null'] },
    ],
    [
      'exactly one of several',
      { oneOf: [text, { type: 'null' }] },
      { anyOf: [text, { type: 'null' }] },
    ],
    ['all of one', { allOf: [text] }, { anyOf: [text] }],
    ['anything', { items: true }, { items: {} }],
    [
      'a choice that may be null',
      { type: ['string', 'null'], enum: ['a', 'b', null] },
      { anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] },
    ],
    [
      'the same with its description outside',
      { description: 'Mood', enum: ['a', null] },
      { description: 'Mood', anyOf: [{ enum: ['a'] }, { type: 'null' }] },
    ],
    [
      'null that no choice names',
      { type: ['string', 'null'], enum: ['a'] },
      { type: 'string', enum: ['a'] },
    ],
    [
      'a reference with words of its own',
      { items: { $ref: '#/$defs/a', description: 'one' }, $defs: { a: text } },
      { items: { description: 'one', anyOf: [{ $ref: '#/$defs/a' }] }, $defs: { a: text } },
    ],
    [
      'references into definitions',
      { items: { $ref: '#/definitions/a' }, definitions: { a: text } },
      { items: { $ref: '#/$defs/a' }, $defs: { a: text } },
    ],
    [
      'references with escapes',
      { items: { $ref: '#/$defs/a~1b~0c%20d' }, $defs: { 'a/b~c d': text } },
      { items: { $ref: '#/$defs/a~1b~0c d' }, $defs: { 'a/b~c d': text } },
    ],
    [
      'references to a neighbour',
      { properties: { x: text, y: { $ref: '#/properties/x' } } },
      { properties: { x: text, y: { $ref: '#/$defs/x' } }, $defs: { x: text } },
    ],
    [
      'references to a name',
      { items: { $ref: '#name' }, $defs: { a: { $anchor: 'name', ...text } } },
      { items: { $ref: '#/$defs/a' }, $defs: { a: { $anchor: 'name', ...text } } },
    ],
    [
      'two places of one name',
      {
        prefixItems: [{ $ref: '#/$defs/a' }, { $ref: '#/definitions/a' }],
        $defs: { a: text },
        definitions: { a: { type: 'integer' } },
      },
      {
        prefixItems: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a_2' }],
        $defs: { a: text, a_2: { type: 'integer' } },
      },
    ],
    [
      'a reference to the whole',
      { type: 'object', properties: { next: { $ref: '#' } } },
      {
        type: 'object',
        properties: { next: { $ref: '#/$defs/root' } },
        $defs: { root: { type: 'object', properties: { next: { $ref: '#/$defs/root' } } } },
      },
    ],
  ])('%s', (_, given, sent) => {
    expect(fitForGemini(given)).toEqual({ schema: sent, given, leftOut: [], notEnforced: [] });
  });
});

describe('a rule that Gemini does not enforce is described in words, and named:', () => {
  test.each<[given: object, sent: object, place: string]>([
    [
      { pattern: '^x' },
      { pattern: '^x', description: 'It matches the regular expression ^x.' },
      '/pattern',
    ],
    [
      { minLength: 2 },
      { minLength: 2, description: 'It has at least 2 characters.' },
      '/minLength',
    ],
    [
      { description: 'Alt text.', maxLength: 125 },
      { description: 'Alt text. It has at most 125 characters.', maxLength: 125 },
      '/maxLength',
    ],
    [{ exclusiveMinimum: 0 }, { description: 'It is greater than 0.' }, '/exclusiveMinimum'],
    [{ exclusiveMaximum: 9 }, { description: 'It is less than 9.' }, '/exclusiveMaximum'],
    [{ multipleOf: 2 }, { description: 'It is a multiple of 2.' }, '/multipleOf'],
    [{ uniqueItems: true }, { description: 'No two of its items are equal.' }, '/uniqueItems'],
    [{ minProperties: 1 }, { description: 'It has at least 1 properties.' }, '/minProperties'],
    [{ maxProperties: 3 }, { description: 'It has at most 3 properties.' }, '/maxProperties'],
    [
      { not: { const: 'boat' } },
      { description: 'It keeps to this JSON Schema: {"not":{"const":"boat"}}.' },
      '/not',
    ],
    [
      { enum: ['a', true] },
      { anyOf: [text, { type: 'boolean' }], description: 'It is one of these: "a", true.' },
      '/enum',
    ],
    [{ const: true }, { type: 'boolean', description: 'It is one of these: true.' }, '/const'],
    [
      { prefixItems: [text], items: false },
      { prefixItems: [text], description: 'It has no items beyond these.' },
      '/items',
    ],
    [
      { anyOf: [text], oneOf: [text] },
      {
        anyOf: [text],
        description: 'It keeps to this JSON Schema: {"oneOf":[{"type":"string"}]}.',
      },
      '/oneOf',
    ],
  ])('%j', (given, sent, place) => {
    expect(fitForGemini(given)).toEqual({ schema: sent, given, leftOut: [], notEnforced: [place] });
  });

  test('a switch that is off is not described', () => {
    expect(fitForGemini({ uniqueItems: false })).toMatchObject({ schema: {}, notEnforced: [] });
  });

  test('a required reference that leads back is sent as optional', () => {
    const fitted = fitForGemini({
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { name: text, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          required: ['name', 'children'],
        },
      },
    });
    expect(fitted.schema).toMatchObject({
      $defs: {
        node: { required: ['name'], description: 'These properties must be there: children.' },
      },
    });
    expect(fitted.notEnforced).toEqual(['/$defs/node/required']);
  });
});

test('answers are validated by the given schema, not by the one that is sent', async () => {
  const { given } = fitForGemini({
    type: 'object',
    properties: {
      code: { type: 'string', pattern: '^[A-Z]{2}$' },
      tags: { type: 'array', items: text, uniqueItems: true },
      next: { $ref: '#' },
    },
    required: ['code', 'tags'],
    oneOf: [{ required: ['next'] }, { not: { required: ['next'] } }],
  });
  const validate = await jsonValidator(given);
  expect(validate('{"code":"AB","tags":["a"]}')).toMatchObject({ ok: true });
  expect(validate('{"code":"AB","tags":["a"],"next":{"code":"CD","tags":[]}}').ok).toBe(true);
  expect(validate('{"code":"abc","tags":["a"]}').ok).toBe(false);
  expect(validate('{"code":"AB","tags":["a","a"]}').ok).toBe(false);
  expect(validate('{"code":"AB","tags":[],"next":{"code":"x","tags":[]}}').ok).toBe(false);
});

test('schemas of pydantic for nested and optional models are taken', () => {
  const fitted = fitForGemini(
    read(`{"$defs":{"Boat":{"properties":{"name":{"title":"Name","type":"string"},
      "kind":{"$ref":"#/$defs/Kind","default":"sail"}},"required":["name"],"title":"Boat",
      "type":"object"},"Kind":{"enum":["sail","motor"],"title":"Kind","type":"string"}},
      "properties":{"boats":{"items":{"$ref":"#/$defs/Boat"},"title":"Boats","type":"array"},
      "first":{"$ref":"#/$defs/Boat","description":"The nearest one"},
      "hue":{"anyOf":[{"$ref":"#/$defs/Kind"},{"type":"null"}],"default":null},
      "light":{"const":"day","title":"Light","type":"string"}},
      "required":["boats","first","light"],"title":"Photo","type":"object"}`),
  );
  expect(fitted).toMatchObject({
    schema: {
      type: 'object',
      title: 'Photo',
      properties: {
        boats: { type: 'array', title: 'Boats', items: { $ref: '#/$defs/Boat' } },
        first: { description: 'The nearest one', anyOf: [{ $ref: '#/$defs/Boat' }] },
        hue: { anyOf: [{ $ref: '#/$defs/Kind' }, { type: 'null' }] },
        light: { type: 'string', title: 'Light', enum: ['day'] },
      },
      required: ['boats', 'first', 'light'],
      $defs: {
        Boat: {
          type: 'object',
          title: 'Boat',
          properties: {
            name: { type: 'string', title: 'Name' },
            kind: { $ref: '#/$defs/Kind' },
          },
          required: ['name'],
        },
        Kind: { type: 'string', title: 'Kind', enum: ['sail', 'motor'] },
      },
    },
    leftOut: [],
    notEnforced: [],
  });
});

test('schemas of zod are taken', () => {
  const safe = Number.MAX_SAFE_INTEGER;
  const object = {
    type: 'object',
    properties: {
      title: { type: 'string' },
      people: { type: 'integer', minimum: -safe, maximum: safe },
      light: { type: 'string', enum: ['day', 'night'] },
    },
    required: ['title', 'people', 'light'],
    additionalProperties: false,
  };
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...object };
  expect(fitForGemini(schema)).toMatchObject({ schema: object, leftOut: [], notEnforced: [] });
});

test.each([
  ['zod', { safeParse: () => ({}), parse: () => ({}) }],
  ['any that follows Standard Schema', { '~standard': { version: 1 } }],
])('an object of %s is no JSON Schema, and how to make one of it is said', (_, object) => {
  expect(errorOf(object)).toMatchObject({
    kind: 'usage',
    message: 'the schema is an object of a validation library, not a JSON Schema',
    hint: 'With zod, pass z.toJSONSchema(schema).',
  });
});

const TYPES = 'string, number, integer, boolean, array, object, null';

describe('a schema that can be neither sent nor validated is refused, with the place:', () => {
  test.each<[schema: string, refused: string]>([
    ['{"propertis":{}}', '/propertis'],
    ['{"constructor":{}}', '/constructor'],
    ['{"__proto__":{}}', '/__proto__'],
    ['{"a\\n\\u001bb":1}', '/a\ufffd\ufffdb'],
    ['{"properties":{"a/b~c":{"wrong":1}}}', '/properties/a~1b~0c/wrong'],
    ['{"items":{"oneOf":[]}}', '/items/oneOf (must not be empty)'],
    ['{"anyOf":{}}', '/anyOf (must be a list of schemas)'],
    ['{"anyOf":[{"type":"null"},{"tpye":1}]}', '/anyOf/1/tpye'],
    ['{"properties":{"a":false}}', '/properties/a (must be a schema in { })'],
    ['{"items":[{}]}', '/items (must be a schema in { })'],
    ['{"prefixItems":{}}', '/prefixItems (must be a list of schemas)'],
    ['{"prefixItems":[null]}', '/prefixItems/0 (must be a schema in { })'],
    ['{"additionalProperties":null}', '/additionalProperties (must be a schema in { })'],
    ['{"properties":[]}', '/properties (must be an object)'],
    ['{"type":"strin"}', `/type (must be one of ${TYPES})`],
    ['{"type":[]}', `/type (must be a list of different ones of ${TYPES})`],
    ['{"type":["null","null"]}', `/type (must be a list of different ones of ${TYPES})`],
    ['{"type":["strin","null"]}', `/type (must be a list of different ones of ${TYPES})`],
    ['{"required":true}', '/required (must be a list of different names)'],
    ['{"required":["a","a"]}', '/required (must be a list of different names)'],
    ['{"required":[1]}', '/required (must be a list of different names)'],
    ['{"propertyOrdering":"a"}', '/propertyOrdering (must be a list of different names)'],
    ['{"enum":[]}', '/enum (must be a list of values)'],
    ['{"enum":"a"}', '/enum (must be a list of values)'],
    ['{"enum":["a",""]}', '/enum (holds "", which Gemini takes for no value)'],
    ['{"const":""}', '/const (holds "", which Gemini takes for no value)'],
    ['{"type":"integer","enum":["a"]}', '/enum (holds no value of its type)'],
    ['{"nullable":"yes"}', '/nullable (must be true or false)'],
    ['{"pattern":1}', '/pattern (must be a string)'],
    ['{"minimum":"0"}', '/minimum (must be a number)'],
    ['{"maxItems":1.5}', '/maxItems (must be a whole number, 0 or more)'],
    ['{"minItems":-1}', '/minItems (must be a whole number, 0 or more)'],
    ['{"minItems":3,"maxItems":2}', '/minItems (more than maxItems)'],
    ['{"minLength":3,"maxLength":2}', '/minLength (more than maxLength)'],
    [
      '{"properties":{"a":{"minimum":1,"maximum":0.5}}}',
      '/properties/a/minimum (more than maximum)',
    ],
    ['{"title":1}', '/title (must be a string)'],
    ['{"$ref":"https://example.com/a"}', '/$ref (not inside this schema)'],
    ['{"$ref":"other.json#/$defs/a"}', '/$ref (not inside this schema)'],
    ['{"$ref":"#a"}', '/$ref (not inside this schema)'],
    ['{"$ref":"#/%"}', '/$ref (not inside this schema)'],
    ['{"$ref":1}', '/$ref (not inside this schema)'],
    ['{"$ref":"#/$defs/a"}', '/$ref (leads nowhere)'],
    ['{"$ref":"#/$defs/constructor","$defs":{}}', '/$ref (leads nowhere)'],
    ['{"$ref":"#/$defs/__proto__","$defs":{}}', '/$ref (leads nowhere)'],
    ['{"$ref":"#/$defs/a","$defs":{"a":[]}}', '/$defs/a (must be a schema in { })'],
    ['{"$ref":"#/$defs/a","$defs":{"a":{"wrong":{}}}}', '/$defs/a/wrong'],
    ['{"$ref":"#"}', '/$ref (leads to itself)'],
    [
      '{"items":{"$ref":"#/$defs/a"},"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}',
      '/items/$ref (leads to itself)',
    ],
    [
      '{"properties":{"a":{"maxItems":900},"b":{"maxItems":61}}}',
      '/properties/a/maxItems (900; all maxItems together may be at most 960), ' +
        '/properties/b/maxItems (61; all maxItems together may be at most 960)',
    ],
  ])('%s', (schema, refused) => {
    expect(errorOf(read(schema))).toMatchObject({
      kind: 'usage',
      message: `this schema can be neither sent nor validated: ${refused}`,
    });
  });

  test('a sum of maxItems of 960 is not refused', () => {
    const schema = { properties: { a: { maxItems: 900 }, b: { maxItems: 60 } } };
    expect(fitForGemini(schema).schema).toEqual(schema);
  });

  test('several places at once, the first eight by name', () => {
    const properties = Object.fromEntries([...'abcdefghijk'].map((name) => [name, { wrong: '' }]));
    expect(errorOf({ type: 'strin', properties }).message).toBe(
      'this schema can be neither sent nor validated: ' +
        `/type (must be one of ${TYPES}), ` +
        '/properties/a/wrong, /properties/b/wrong, /properties/c/wrong, ' +
        '/properties/d/wrong, /properties/e/wrong, /properties/f/wrong, ' +
        '/properties/g/wrong, and 4 more',
    );
  });
});

test.each([[[]], [true], [null], ['object'], [1], [undefined]])('%j is no schema', (schema) => {
  expect(errorOf(schema)).toMatchObject({
    kind: 'usage',
    message: 'the schema is not a JSON object',
    hint: expect.stringContaining('{"type": "array"'),
  });
});

describe('a huge schema does no harm:', () => {
  const nested = (depth: number) =>
    read(`${'{"items":'.repeat(depth - 1)}{"type":"string"}${'}'.repeat(depth - 1)}`);

  test('64 schemas inside each other are taken, 65 are not', () => {
    expect(fitForGemini(nested(64)).schema).toEqual(nested(64));
    expect(errorOf(nested(65)).message).toMatch(/\/items \(more than 64 deep\)$/);
  });

  test('a hundred thousand inside each other are refused in the same words', () => {
    const refusal = errorOf(nested(100_000));
    expect(refusal.message).toMatch(/\/items \(more than 64 deep\)$/);
    expect(refusal.message.length).toBeLessThan(250);
  });

  test('one whose references multiply is sent with each definition once', () => {
    const twice = (name: string) => ({
      properties: { a: { $ref: `#/$defs/${name}` }, b: { $ref: `#/$defs/${name}` } },
    });
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`d${index}`, twice(`d${index + 1}`)]),
    );
    const { schema } = fitForGemini({ $ref: '#/$defs/d0', $defs: { ...$defs, d30: text } });
    expect(Object.keys(schema.$defs ?? {})).toHaveLength(31);
  });

  test('one of more than ten thousand parts is refused', () => {
    const prefixItems = Array.from({ length: 10_000 }, () => ({}));
    expect(errorOf({ prefixItems }).message).toBe(
      'the schema is too large: it has more than 10000 parts',
    );
  });

  test('one that contains itself is refused', () => {
    const schema: Record<string, unknown> = {};
    schema.items = schema;
    expect(errorOf(schema).message).toMatch(/\(more than 64 deep\)$/);
  });
});

function errorOf(schema: unknown): GeminiImageError {
  try {
    fitForGemini(schema);
  } catch (error) {
    if (error instanceof GeminiImageError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
