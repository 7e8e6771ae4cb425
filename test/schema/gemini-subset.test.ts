import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { fitForGemini } from '../../src/schema/gemini-subset.js';

/** A schema as it comes from a file: by `JSON.parse`, so that `__proto__` is a property. */
const read = (json: string): unknown => JSON.parse(json);

const text = { type: 'string' };

describe('what Gemini takes stays as it is:', () => {
  test.each<[what: string, schema: object]>([
    ['nothing at all', {}],
    ['texts', { type: 'string', format: 'date-time', title: 'When', description: 'ISO 8601' }],
    ['choices', { type: 'string', enum: ['day', 'night'] }],
    ['choices of all kinds', { enum: ['a', 1, true, null] }],
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
    expect(fitForGemini(schema)).toEqual({ schema, leftOut: [] });
  });

  test('in its order, in which the model writes', () => {
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

test('what forbids no value is left out, and told where it tells something', () => {
  const fitted = fitForGemini({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://example.com/photo',
    $comment: 'for the shop',
    type: 'object',
    properties: {
      note: { ...text, default: '', examples: ['x'], readOnly: true, $comment: 'y' },
      'a/b~c': { ...text, deprecated: true, writeOnly: true },
    },
    $defs: { unused: { pattern: 'x' } },
    definitions: { unused: { pattern: 'x' } },
  });
  expect(fitted).toEqual({
    schema: { type: 'object', properties: { note: text, 'a/b~c': text } },
    leftOut: [
      '/properties/note/examples',
      '/properties/note/readOnly',
      '/properties/a~1b~0c/deprecated',
      '/properties/a~1b~0c/writeOnly',
    ],
  });
});

test('bounds may leave one choice', () => {
  const schema = { type: 'array', items: { minimum: 1, maximum: 1 }, minItems: 2, maxItems: 2 };
  expect(fitForGemini(schema)).toEqual({ schema, leftOut: [] });
});

test.each(['v', 7, true, null])('the constant %j is the only choice', (value) => {
  expect(fitForGemini({ const: value }).schema).toEqual({ enum: [value] });
});

test('null comes last in a list of types', () => {
  expect(fitForGemini({ type: ['null', 'string'] }).schema).toEqual({ type: ['string', 'null'] });
});

describe('references are put in place:', () => {
  test.each<[what: string, schema: object, fitted: object]>([
    ['into $defs', { $ref: '#/$defs/a', $defs: { a: text } }, text],
    ['into definitions', { $ref: '#/definitions/a', definitions: { a: text } }, text],
    ['deeper', { $ref: '#/$defs/a/items', $defs: { a: { items: text } } }, text],
    [
      'into a list',
      { $ref: '#/$defs/a/prefixItems/1', $defs: { a: { prefixItems: [{}, text] } } },
      text,
    ],
    ['over another', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: text } }, text],
    ['with escapes', { $ref: '#/$defs/a~1b~0c%20d', $defs: { 'a/b~c d': text } }, text],
    [
      'with a title and a description of their own',
      {
        $ref: '#/$defs/a',
        title: 'Own',
        description: 'own',
        $defs: { a: { ...text, title: 'A', description: 'a' } },
      },
      { ...text, title: 'Own', description: 'own' },
    ],
    [
      'twice',
      { properties: { x: { $ref: '#/$defs/a' }, y: { $ref: '#/$defs/a' } }, $defs: { a: text } },
      { properties: { x: text, y: text } },
    ],
    [
      'to a neighbour',
      { properties: { x: text, y: { $ref: '#/properties/x' } } },
      { properties: { x: text, y: text } },
    ],
  ])('%s', (_, schema, fitted) => {
    expect(fitForGemini(schema)).toEqual({ schema: fitted, leftOut: [] });
  });

  test('what is left out beside or behind one is told in its own place, once', () => {
    const { leftOut } = fitForGemini({
      properties: {
        x: { $ref: '#/$defs/a', default: 1, deprecated: true },
        y: { $ref: '#/$defs/a' },
      },
      $defs: { a: { ...text, examples: [] } },
    });
    expect(leftOut).toEqual(['/properties/x/deprecated', '/$defs/a/examples']);
  });
});

test('what pydantic writes of nested models is taken', () => {
  const fitted = fitForGemini(
    read(`{"$defs":{"Boat":{"properties":{"name":{"title":"Name","type":"string"},
      "kind":{"$ref":"#/$defs/Kind","default":"sail"}},"required":["name"],"title":"Boat",
      "type":"object"},"Kind":{"enum":["sail","motor"],"title":"Kind","type":"string"}},
      "properties":{"boats":{"items":{"$ref":"#/$defs/Boat"},"title":"Boats","type":"array"},
      "first":{"$ref":"#/$defs/Boat","description":"The nearest one"},
      "light":{"const":"day","title":"Light","type":"string"}},
      "required":["boats","first","light"],"title":"Photo","type":"object"}`),
  );
  const boat = {
    type: 'object',
    title: 'Boat',
    properties: {
      name: { type: 'string', title: 'Name' },
      kind: { type: 'string', title: 'Kind', enum: ['sail', 'motor'] },
    },
    required: ['name'],
  };
  expect(fitted).toEqual({
    schema: {
      type: 'object',
      title: 'Photo',
      properties: {
        boats: { type: 'array', title: 'Boats', items: boat },
        first: { ...boat, description: 'The nearest one' },
        light: { type: 'string', title: 'Light', enum: ['day'] },
      },
      required: ['boats', 'first', 'light'],
    },
    leftOut: [],
  });
});

test('what zod writes is taken', () => {
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
  expect(fitForGemini(schema)).toEqual({ schema: object, leftOut: [] });
});

describe('what Gemini does not take is refused by its place:', () => {
  test.each<[schema: string, refused: string]>([
    ['{"pattern":"x"}', '/pattern'],
    ['{"minLength":1}', '/minLength'],
    ['{"exclusiveMinimum":0}', '/exclusiveMinimum'],
    ['{"multipleOf":2}', '/multipleOf'],
    ['{"uniqueItems":true}', '/uniqueItems'],
    ['{"patternProperties":{}}', '/patternProperties'],
    ['{"if":{},"then":{}}', '/if, /then'],
    ['{"not":{}}', '/not'],
    ['{"anyOf":[{"type":"string"},{"type":"integer"}]}', '/anyOf'],
    ['{"anyOf":[{"type":"null"},{"type":"null"}]}', '/anyOf'],
    ['{"anyOf":[{"type":["string","null"]},{"type":"null"}]}', '/anyOf'],
    ['{"anyOf":[{"description":"any"},{"type":"null"}]}', '/anyOf'],
    ['{"anyOf":[{"pattern":"x","type":"string"},{"type":"null"}]}', '/anyOf/0/pattern'],
    ['{"anyOf":[{"type":"string"},{"type":"null"}],"minLength":1}', '/minLength'],
    ['{"items":{"oneOf":[]}}', '/items/oneOf'],
    ['{"prefixItems":[{},{"allOf":[]}]}', '/prefixItems/1/allOf'],
    ['{"additionalProperties":{"pattern":""}}', '/additionalProperties/pattern'],
    ['{"properties":{"pattern":{"pattern":""}}}', '/properties/pattern/pattern'],
    ['{"properties":{"a/b~c":{"not":{}}}}', '/properties/a~1b~0c/not'],
    ['{"nullable":true}', '/nullable'],
    ['{"propertis":{}}', '/propertis'],
    ['{"constructor":{}}', '/constructor'],
    ['{"__proto__":{}}', '/__proto__'],
    ['{"a\\n\\u001bb":1}', '/a\ufffd\ufffdb'],
    ['{"properties":{"a":true}}', '/properties/a (must be a schema in { })'],
    ['{"items":false}', '/items (must be a schema in { })'],
    ['{"items":[{}]}', '/items (must be a schema in { })'],
    ['{"prefixItems":{}}', '/prefixItems (must be a list of schemas)'],
    ['{"prefixItems":[null]}', '/prefixItems/0 (must be a schema in { })'],
    ['{"additionalProperties":null}', '/additionalProperties (must be a schema in { })'],
    ['{"properties":[]}', '/properties (must be an object)'],
    [
      '{"type":"strin"}',
      '/type (must be one of string, number, integer, boolean, array, object, null)',
    ],
    ['{"type":["string","integer"]}', '/type (a list must be of one type and "null")'],
    ['{"type":["string"]}', '/type (a list must be of one type and "null")'],
    ['{"type":["null","null"]}', '/type (a list must be of one type and "null")'],
    ['{"type":["strin","null"]}', '/type (a list must be of one type and "null")'],
    ['{"type":["string","null","integer"]}', '/type (a list must be of one type and "null")'],
    ['{"required":true}', '/required (must be a list of different names)'],
    ['{"required":["a","a"]}', '/required (must be a list of different names)'],
    ['{"required":[1]}', '/required (must be a list of different names)'],
    ['{"enum":[]}', '/enum (must be a list of strings, numbers, true, false or null)'],
    ['{"enum":"a"}', '/enum (must be a list of strings, numbers, true, false or null)'],
    ['{"enum":[{}]}', '/enum (must be a list of strings, numbers, true, false or null)'],
    ['{"const":[]}', '/const (must be a list of strings, numbers, true, false or null)'],
    ['{"const":"a","enum":["a","b"]}', '/const'],
    ['{"minimum":"0"}', '/minimum (must be a number)'],
    ['{"maxItems":1.5}', '/maxItems (must be a whole number, 0 or more)'],
    ['{"minItems":-1}', '/minItems (must be a whole number, 0 or more)'],
    ['{"minItems":3,"maxItems":2}', '/minItems (more than maxItems)'],
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
    ['{"$ref":"#/$defs/a","$defs":{"a":{"not":{}}}}', '/$defs/a/not'],
    ['{"$ref":"#/$defs/a","minimum":1,"$defs":{"a":{}}}', '/minimum (beside a $ref)'],
    ['{"$ref":"#"}', '/$ref (recursive)'],
    ['{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}', '/$defs/a/$ref (recursive)'],
    ['{"properties":{"a":{"items":{"$ref":"#"}}}}', '/properties/a/items/$ref (recursive)'],
    [
      '{"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/b"}},"b":{"items":{"$ref":"#/$defs/a"}}}}',
      '/$defs/b/items/$ref (recursive)',
    ],
  ])('%s', (schema, refused) => {
    const refusal = errorOf(read(schema));
    expect(refusal).toMatchObject({
      kind: 'usage',
      message: `Gemini does not take all of this schema: ${refused}`,
    });
    expect(refusal.hint).toContain(
      'Gemini takes type, enum, required, format, minimum, maximum, minItems, maxItems, title, ' +
        'description, properties, items, prefixItems, additionalProperties;',
    );
  });

  test('everything at once, the first eight by name', () => {
    const properties = Object.fromEntries(
      [...'abcdefghijk'].map((name) => [name, { pattern: '' }]),
    );
    expect(errorOf({ type: 'strin', properties }).message).toBe(
      'Gemini does not take all of this schema: ' +
        '/type (must be one of string, number, integer, boolean, array, object, null), ' +
        '/properties/a/pattern, /properties/b/pattern, /properties/c/pattern, ' +
        '/properties/d/pattern, /properties/e/pattern, /properties/f/pattern, ' +
        '/properties/g/pattern, and 4 more',
    );
  });

  test('the way to say what may be null, where that is what is meant', () => {
    const either = { anyOf: [text, { type: 'integer' }, { type: 'null' }] };
    const refusal = errorOf({ type: 'object', properties: { note: either } });
    expect(refusal.message).toContain('/properties/note/anyOf');
    expect(refusal.hint).toMatch(/^What may be null is written "type": \["string", "null"\]\. /);
    expect(errorOf({ pattern: '' }).hint).toMatch(/^Gemini takes /);
  });
});

describe('what pydantic and zod write for what is optional becomes a type that may be null:', () => {
  test.each<[given: object, sent: object]>([
    [
      { anyOf: [text, { type: 'null' }], default: null, title: 'Note' },
      { type: ['string', 'null'], title: 'Note' },
    ],
    [
      { anyOf: [{ type: 'null' }, { type: 'integer', minimum: 0 }] },
      { minimum: 0, type: ['integer', 'null'] },
    ],
    [
      { anyOf: [{ type: 'array', items: text }, { type: 'null' }] },
      { items: text, type: ['array', 'null'] },
    ],
    [
      { anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] },
      { type: ['string', 'null'], enum: ['a', 'b', null] },
    ],
  ])('%j', (given, sent) => {
    expect(fitForGemini({ type: 'object', properties: { it: given } }).schema).toEqual({
      type: 'object',
      properties: { it: sent },
    });
  });

  test('also behind a reference', () => {
    const fitted = fitForGemini({
      type: 'object',
      properties: { hue: { anyOf: [{ $ref: '#/$defs/Hue' }, { type: 'null' }] } },
      $defs: { Hue: { type: 'string', enum: ['red', 'blue'], title: 'Hue' } },
    });
    expect(fitted.schema).toMatchObject({
      properties: { hue: { type: ['string', 'null'], enum: ['red', 'blue', null], title: 'Hue' } },
    });
  });
});

test.each([[[]], [true], [null], ['object'], [1], [undefined]])('%j is no schema', (schema) => {
  expect(errorOf(schema)).toMatchObject({
    kind: 'usage',
    message: 'the schema is not a JSON object',
    hint: expect.stringContaining('{"type": "array"'),
  });
});

describe('a schema without measure does no harm:', () => {
  const nested = (depth: number) =>
    read(`${'{"items":'.repeat(depth - 1)}{"type":"string"}${'}'.repeat(depth - 1)}`);

  test('64 schemas inside each other are taken, 65 are not', () => {
    expect(fitForGemini(nested(64)).schema).toEqual(nested(64));
    expect(errorOf(nested(65)).message).toMatch(/\/items \(more than 64 deep\)$/);
  });

  test('a hundred thousand are refused in the same words', () => {
    const refusal = errorOf(nested(100_000));
    expect(refusal.message).toMatch(/\/items \(more than 64 deep\)$/);
    expect(refusal.message.length).toBeLessThan(250);
  });

  test('a small one that references make large', () => {
    const twice = (name: string) => ({
      properties: { a: { $ref: `#/$defs/${name}` }, b: { $ref: `#/$defs/${name}` } },
    });
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`d${index}`, twice(`d${index + 1}`)]),
    );
    expect(errorOf({ $ref: '#/$defs/d0', $defs: { ...$defs, d30: text } }).message).toBe(
      'the schema is too large: with its $refs in place it has more than 10000 parts',
    );
  });

  test('one that contains itself', () => {
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
