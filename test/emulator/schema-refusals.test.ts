import { expect, test } from 'vitest';
import { inJson, request } from './asked.js';
import { emulatorForFile, MODEL } from './client.js';

const { generate, post } = emulatorForFile();

async function refusal(generationConfig: object): Promise<string> {
  const { status, json } = await generate(request([], 'a', generationConfig));
  expect(status).toBe(400);
  expect(json.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  return json.error.message;
}

const ROOT = 'generation_config.response_json_schema';

test.each([
  [{ allOf: [] }, 'allOf', ''],
  [{ properties: { a: { nullable: true } } }, 'nullable', '.properties[a]'],
  [{ items: { minProperties: 1 } }, 'minProperties', '.items'],
  [{ anyOf: [{ multipleOf: 1 }] }, 'multipleOf', '.anyOf[0]'],
  [{ $defs: { a: { definitions: {} } } }, 'definitions', '.$defs[a]'],
  [{ prefixItems: [{}, { const: 1 }] }, 'const', '.prefixItems[1]'],
  [{ additionalProperties: { not: {} } }, 'not', '.additionalProperties'],
  [{ items: { items: { uniqueItems: true } } }, 'uniqueItems', '.items.items'],
  [{ exclusiveMinimum: 0 }, 'exclusiveMinimum', ''],
  [{ constructor: 1 }, 'constructor', ''],
])('%j has a keyword that Gemini does not take', async (schema, name, where) => {
  expect(await refusal(inJson(schema))).toBe(
    `Invalid JSON payload received. Unknown name "${name}" at '${ROOT}${where}': Cannot find field.`,
  );
});

test('every keyword is named, in the details too', async () => {
  const schema = { not: 'x', properties: { a: { examples: [1] } } };
  const { json } = await generate(request([], 'a', inJson(schema)));
  expect(json.error.message.split('\n')).toHaveLength(2);
  const [{ fieldViolations }] = json.error.details;
  expect(fieldViolations.map(({ field }: { field: string }) => field)).toEqual([
    ROOT,
    `${ROOT}.properties[a]`,
  ]);
});

test('names of properties and values of enums are no keywords', async () => {
  const schema = {
    type: 'object',
    properties: { pattern: { type: 'string' }, $ref: { enum: ['oneOf', 1] } },
  };
  expect((await generate(request([], 'a', inJson(schema)))).status).toBe(200);
});

test.each([
  [{ type: 'text' }, '.type'],
  [{ type: ['string', 'integer'] }, '.type'],
  [{ type: [] }, '.type'],
  [{ properties: [] }, '.properties'],
  [{ properties: { a: 'string' } }, '.properties[a]'],
  [{ items: [{}] }, '.items'],
  [{ prefixItems: {} }, '.prefixItems'],
  [{ enum: 'a' }, '.enum'],
  [{ enum: ['a', null] }, '.enum'],
  [{ enum: ['a', ''] }, '.enum'],
  [{ enum: [true] }, '.enum'],
  [{ anyOf: {} }, '.anyOf'],
  [{ required: 'a' }, '.required'],
  [{ minItems: '1' }, '.minItems'],
  ['string', ''],
  [[], ''],
])('%j is no schema', async (schema, where) => {
  expect(await refusal(inJson(schema))).toContain(`Invalid value at '${ROOT}${where}' (`);
});

test.each([
  {},
  { responseMimeType: 'text/plain' },
  { responseMimeType: 'application/xml' },
  { responseMimeType: 'text/x.enum' },
])('a schema goes with JSON only, and not with %j', async (config) => {
  for (const schema of [{ responseJsonSchema: {} }, { responseSchema: { type: 'STRING' } }]) {
    expect(await refusal({ ...config, ...schema })).toMatch(
      /^\* GenerateContentRequest\.generation_config\.response_mime_type: .*`application\/json`/,
    );
  }
});

test('only one of the two kinds of schema is taken', async () => {
  const both = { ...inJson({ type: 'string' }), responseSchema: { type: 'STRING' } };
  expect(await refusal(both)).toMatch(/only one of response_schema and response_json_schema/);
});

test('a schema nested without end is refused', async () => {
  const depth = 50_000;
  const nested = `${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`;
  const body = JSON.stringify(request([], 'a', inJson('HERE'))).replace('"HERE"', nested);
  const { status, json } = await generate(body);
  expect(status).toBe(400);
  expect(json.error.message).toContain('Message too deep');
});

test('keywords that the service answered with status 200 are taken', async () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'photo',
    type: 'object',
    properties: {
      code: { type: 'string', pattern: 'x', minLength: 1, maxLength: 9, default: 'x' },
      note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      size: { oneOf: [{ type: 'integer', enum: [1, 2] }] },
      next: { $ref: '#/$defs/next' },
    },
    propertyOrdering: ['code', 'note', 'size', 'next'],
    $defs: {
      next: { $anchor: 'n', type: 'object', properties: { next: { $ref: '#/$defs/next' } } },
    },
  };
  expect((await generate(request([], 'a', inJson(schema)))).status).toBe(200);
});

test('the sum of all maxItems has a limit, of which the message says nothing', async () => {
  const lists = (...counts: number[]) => ({
    prefixItems: counts.map((maxItems) => ({ type: 'array', maxItems })),
  });
  expect((await generate(request([], 'a', inJson(lists(900, 60))))).status).toBe(200);
  expect(await refusal(inJson(lists(900, 61)))).toBe('Request contains an invalid argument.');
});

test.each([
  [{ $ref: '#/$defs/a' }, /cannot be resolved/],
  [{ items: { $ref: 'other.json' } }, /cannot be resolved/],
  [
    {
      $ref: '#/$defs/a',
      $defs: {
        a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, required: ['a'] },
      },
    },
    /only allowed in a property that is not required/,
  ],
])('%j has a reference that leads nowhere or has no end', async (schema, problem) => {
  expect(await refusal(inJson(schema))).toMatch(problem);
});

test('countTokens is as strict', async () => {
  const generateContentRequest = {
    model: `models/${MODEL}`,
    ...request([], 'a', inJson({ not: {} })),
  };
  const reply = await post(`/v1beta/models/${MODEL}:countTokens`, { generateContentRequest });
  expect(reply.status).toBe(400);
  expect(reply.json.error.message).toContain('Unknown name "not"');
});
