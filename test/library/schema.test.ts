import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import type { ProgramEvent } from '../../src/domain/events.js';
import { createGeminiImage } from '../../src/library/client.js';
import { finished } from '../support/answers.js';
import { failureOf, KEY } from '../support/ask.js';
import { type FakeGemini, fakeGemini, json } from '../support/fake-gemini.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { readAll } from '../support/read-all.js';

const PICTURE = fixture('small.png');
const clientOf = ({ url }: FakeGemini) =>
  createGeminiImage({ apiKey: KEY, baseUrl: url, retries: 0 });
const answering = (...values: unknown[]) =>
  fakeGemini(...values.map((value) => json(finished(JSON.stringify(value)))));

const schemaSent = ({ requests }: FakeGemini) =>
  JSON.parse(requests[0]?.body ?? '').generationConfig.responseJsonSchema;

test('a validator of zod is sent as JSON Schema, and makes the data and its type', async () => {
  const server = await answering({ title: 'Boats', people: 2 });
  const schema = z.object({
    title: z.string().describe('In a few words.'),
    people: z.int().transform((count) => `${count} people`),
    mood: z.enum(['calm', 'busy']).default('calm'),
  });
  const { data } = await clientOf(server).describe(PICTURE, { schema });
  expectTypeOf(data).toEqualTypeOf<
    { title: string; people: string; mood: 'calm' | 'busy' } | undefined
  >();
  expect(data).toEqual({ title: 'Boats', people: '2 people', mood: 'calm' });
  expect(schemaSent(server)).toMatchObject({
    type: 'object',
    properties: { title: { type: 'string', description: 'In a few words.' } },
    required: ['title', 'people'],
  });
});

test('a validator of valibot does the same', async () => {
  const server = await answering({ title: 'Boats', tags: ['sea'] });
  const schema = toStandardJsonSchema(
    v.object({ title: v.string(), tags: v.array(v.picklist(['sea', 'land'])) }),
  );
  const { data } = await clientOf(server).describe(PICTURE, { schema });
  expectTypeOf(data).toEqualTypeOf<{ title: string; tags: ('sea' | 'land')[] } | undefined>();
  expect(data).toEqual({ title: 'Boats', tags: ['sea'] });
  expect(schemaSent(server).properties.tags.items.enum).toEqual(['sea', 'land']);
});

test('a JSON Schema gives data of the type that the program names', async () => {
  const server = await answering({ title: 'Boats' });
  const schema = { type: 'object', properties: { title: { type: 'string' } } };
  const client = clientOf(server);
  const { data } = await client.describe<{ title: string }>(PICTURE, { schema });
  expectTypeOf(data).toEqualTypeOf<{ title: string } | undefined>();
  expect(data?.title).toBe('Boats');
  const { data: unknown } = await client.describe(PICTURE, { schema });
  expectTypeOf(unknown).toEqualTypeOf<unknown>();
});

test('what a validator refuses is asked for once more, with its words', async () => {
  const server = await answering({ title: 'boats' }, { title: 'Boats' });
  const isCapital = (text: string) => /^[A-Z]/.test(text);
  const schema = z.object({ title: z.string().refine(isCapital, 'begin with a capital') });
  const { data } = await clientOf(server).describe(PICTURE, { schema });
  expect(data).toEqual({ title: 'Boats' });
  expect(server.requests[1]?.body).toContain('title: begin with a capital');
});

test('what a validator finds out later is not asked for again, and fails', async () => {
  const server = await answering({ title: 'boats' });
  const schema = z.object({ title: z.string().refine(async () => false, 'no such title') });
  const failure = await failureOf(clientOf(server).describe(PICTURE, { schema }));
  expect(failure).toMatchObject({ kind: 'answer', partialText: '{"title":"boats"}' });
  expect(failure.message).toContain('title: no such title');
  expect(server.requests).toHaveLength(1);
  const [record] = await readAll(clientOf(server).describeMany([PICTURE], { schema }));
  expect(record).toMatchObject({ status: 'failed', error: { kind: 'answer' } });
});

test('a ledger keeps the answer, of which the validator makes the data anew', async () => {
  const ledger = `${temporaryFolder()}/answers.jsonl`;
  const server = await answering({ n: 1 }, { n: 5 });
  const read = async (schema: z.ZodType<unknown>) => {
    const records = await readAll(clientOf(server).describeMany([PICTURE], { schema, ledger }));
    return records.map((record) => record.status === 'ok' && record.data);
  };
  const doubled = z.object({ n: z.int().transform((n) => 2 * n) });
  expect(await read(doubled)).toEqual([{ n: 2 }]);
  expect(await read(doubled)).toEqual([{ n: 2 }]);
  expect(server.requests).toHaveLength(1);
  // A validator that has become stricter asks again.
  expect(await read(z.object({ n: z.int().refine((n) => n > 3) }))).toEqual([{ n: 5 }]);
  expect(server.requests).toHaveLength(2);
});

test('a program is told of rules that Gemini does not enforce', async () => {
  const server = await answering({ title: 'Boats' });
  const events: ProgramEvent[] = [];
  const onEvent = (event: ProgramEvent) => void events.push(event);
  const schema = z.object({ title: z.string().min(3) });
  await clientOf(server).describe(PICTURE, { schema, onEvent });
  expect(events).toEqual([{ type: 'schemaUnenforced', keywords: ['/properties/title/minLength'] }]);
});

test.each<[what: string, schema: object, words: string]>([
  [
    'that gives no JSON Schema',
    v.object({ title: v.string() }),
    'the schema is a validator that does not give its JSON Schema',
  ],
  [
    'that cannot be said as one',
    z.object({ taken: z.date() }),
    'the schema cannot be said as JSON Schema: ',
  ],
])('a validator %s is refused before any call', async (_, schema, words) => {
  const server = await fakeGemini();
  const options = { schema: schema as Record<string, unknown> };
  const failure = await failureOf(clientOf(server).describe(PICTURE, options));
  expect(failure.kind).toBe('usage');
  expect(failure.message).toContain(words);
  expect(server.connections()).toBe(0);
});
