import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { schemaOfFields } from '../../src/schema/fields.js';
import { fitForGemini } from '../../src/schema/gemini-subset.js';
import { createValidator } from '../../src/schema/validator.js';

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const counts = { type: 'array', items: { type: 'integer' } };

test('a short form stands for an object with these properties and no others', () => {
  expect(schemaOfFields('title, tags[], people:int, safe:bool')).toEqual({
    type: 'object',
    properties: {
      title: text,
      tags: texts,
      people: { type: 'integer' },
      safe: { type: 'boolean' },
    },
    required: ['title', 'tags', 'people', 'safe'],
    additionalProperties: false,
  });
});

test.each<[field: string, name: string, schema: object]>([
  ['a', 'a', text],
  [' a ', 'a', text],
  ['a:string', 'a', text],
  ['a:str', 'a', text],
  ['a:text', 'a', text],
  ['a:int', 'a', { type: 'integer' }],
  ['a:integer', 'a', { type: 'integer' }],
  ['a:number', 'a', { type: 'number' }],
  ['a:float', 'a', { type: 'number' }],
  ['a:bool', 'a', { type: 'boolean' }],
  ['a:boolean', 'a', { type: 'boolean' }],
  ['a : int', 'a', { type: 'integer' }],
  ['a[]', 'a', texts],
  ['a:int[]', 'a', counts],
  ['a[]:int', 'a', counts],
  ['a?', 'a', { type: ['string', 'null'] }],
  ['a:int?', 'a', { type: ['integer', 'null'] }],
  ['a?:int', 'a', { type: ['integer', 'null'] }],
  ['a[]?', 'a', { ...texts, type: ['array', 'null'] }],
  ['a:int[]?', 'a', { ...counts, type: ['array', 'null'] }],
  ['a[]:int?', 'a', { ...counts, type: ['array', 'null'] }],
  ['mood:calm|busy', 'mood', { type: 'string', enum: ['calm', 'busy'] }],
  ['mood : very calm | busy', 'mood', { type: 'string', enum: ['very calm', 'busy'] }],
  ['mood:calm|busy?', 'mood', { type: ['string', 'null'], enum: ['calm', 'busy', null] }],
  [
    'mood[]:calm|busy',
    'mood',
    { type: 'array', items: { type: 'string', enum: ['calm', 'busy'] } },
  ],
  ['stars:1|2|3', 'stars', { type: 'integer', enum: [1, 2, 3] }],
  ['when:date', 'when', { type: 'string', format: 'date' }],
  ['when:datetime?', 'when', { type: ['string', 'null'], format: 'date-time' }],
  ['shot-on_2', 'shot-on_2', text],
  ['Straße', 'Straße', text],
  ['題名:int', '題名', { type: 'integer' }],
  ['हिन्दी', 'हिन्दी', text],
  ['constructor', 'constructor', text],
])('the field %j', (field, name, schema) => {
  expect(schemaOfFields(field)).toMatchObject({ properties: { [name]: schema }, required: [name] });
});

test('fields in braces belong to an object, or to the objects of a list', () => {
  const item = {
    type: 'object',
    properties: { name: text, qty: { type: 'integer' }, price: { type: 'number' } },
    required: ['name', 'qty', 'price'],
    additionalProperties: false,
  };
  expect(schemaOfFields('items[]{name, qty:int, price:number}, total:number')).toMatchObject({
    properties: { items: { type: 'array', items: item }, total: { type: 'number' } },
    required: ['items', 'total'],
  });
  expect(schemaOfFields('item{name,qty:int,price:number}?').properties).toEqual({
    item: { ...item, type: ['object', 'null'] },
  });
  expect(schemaOfFields('a{b{c}}')).toMatchObject({
    properties: { a: { properties: { b: { properties: { c: text } } } } },
  });
});

test('the order of the fields is kept', () => {
  const { properties } = schemaOfFields('z, a, m');
  expect(Object.keys(properties ?? {})).toEqual(['z', 'a', 'm']);
});

test.each<[fields: string, message: string]>([
  ['', 'no field is named'],
  [' \n', 'no field is named'],
  ['a,', 'between two commas, or after the last one, no field is named'],
  ['a,,b', 'between two commas, or after the last one, no field is named'],
  ['a, b:int, a[]', 'the field "a" is named twice'],
  ['a:dates', 'the field "a" has an unknown type, "dates"'],
  ['a:Int', 'the field "a" has an unknown type, "Int"'],
  ['a:constructor', 'the field "a" has an unknown type, "constructor"'],
  ['a:', 'the field "a" has a colon, but no type'],
  ['a:b|', 'the field "a" has a value without text'],
  ['a:b|b', 'the field "a" names a value twice'],
  ['a{b', 'the fields of "a" have no closing }'],
  ['a{}', 'between two commas, or after the last one, no field is named'],
  ['a{b}}', '"}" cannot be read as a field'],
  ['a{b,b}', 'the field "b" is named twice'],
  [`${'a{'.repeat(20)}b${'}'.repeat(20)}`, 'objects are more than 16 deep'],
  [':int', '":int" cannot be read as a field'],
  ['a b', '"a b" cannot be read as a field'],
  ['a.b', '"a.b" cannot be read as a field'],
  ['a[', '"a[" cannot be read as a field'],
  ['a[]:int[]', '"a[]:int[]" cannot be read as a field'],
  ['a[][]', '"a[][]" cannot be read as a field'],
  ['a??', '"a??" cannot be read as a field'],
  ['a?:int?', '"a?:int?" cannot be read as a field'],
  ['a?[]', '"a?[]" cannot be read as a field'],
  ['a:int:bool', '"a:int:bool" cannot be read as a field'],
  ['{"type":"object"}', '"{"type":"object"}" cannot be read as a field'],
  ['a\u001b[31m\nb', '"a\ufffd[31m\ufffdb" cannot be read as a field'],
  ['💥'.repeat(99), expect.stringMatching(/^"💥{29}\ufffd…" cannot/u)],
])('%j is refused', (fields, message) => {
  const refusal = errorOf(fields);
  expect(refusal).toMatchObject({ kind: 'usage', message });
  expect(refusal.hint).toMatch(/^(The types are|Fields are named as in) /);
});

test('an unknown type is refused with the types that exist', () => {
  expect(errorOf('a:dates').hint).toBe(
    'The types are string, str, text, int, integer, number, float, bool, boolean, date, time, datetime; a choice is written a|b.',
  );
});

test.each([
  ['title, tags[], people:int, safe:bool?', { title: 'A', tags: ['b'], people: 2, safe: null }],
  ['constructor, toString:int', { constructor: 'A', toString: 1 }],
  ['__proto__', JSON.parse('{"__proto__":"A"}')],
  ['when:date, items[]{name}', { when: '2026-01-31', items: [{ name: 'A' }] }],
  ['mood:calm|busy?, stars:1|2', { mood: null, stars: 2 }],
])('%j asks for what Gemini takes and the validator accepts', async (fields, value) => {
  const schema = schemaOfFields(fields);
  expect(fitForGemini(schema)).toMatchObject({ given: schema, leftOut: [], notEnforced: [] });
  const validate = await createValidator(schema);
  expect(validate(value)).toBeUndefined();
  expect(validate({})).toMatch(/^the value must have required property '/);
});

test.each([
  ['mood:calm|busy', { mood: 'sad' }],
  ['stars:1|2', { stars: '1' }],
  ['when:date', { when: '31.1.2026' }],
  ['when:date', { when: '2026-02-30' }],
  ['items[]{name, qty:int}', { items: [{ name: 'A', qty: '2' }] }],
  ['items[]{name}', { items: [{ name: 'A', more: 1 }] }],
])('%j refuses %j', async (fields, value) => {
  const validate = await createValidator(schemaOfFields(fields));
  expect(validate(value)).toBeDefined();
});

function errorOf(fields: string): GeminiImageError {
  try {
    schemaOfFields(fields);
  } catch (error) {
    if (error instanceof GeminiImageError) return error;
    throw error;
  }
  throw new Error(`${fields} was taken`);
}
