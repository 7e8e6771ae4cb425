/** The file of questions that a batch job is made from. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inputError } from '../../../src/domain/error.js';
import type { Question } from '../../../src/domain/question.js';
import { estimateInputTokens } from '../../../src/gemini/request-size.js';
import { questionOf } from '../../support/ask.js';
import { temporaryFolder } from '../../support/files.js';
import { batchClient, LIMITS } from './support.js';

const NOWHERE = 'http://127.0.0.1:9';

/** What a file holds after these questions. */
async function written(
  questions: Record<string, Omit<Question, 'model'>>,
  settings: Parameters<typeof batchClient>[1] = {},
) {
  const path = join(temporaryFolder(), 'input.jsonl');
  const input = await batchClient(NOWHERE, settings).openInput(path, LIMITS);
  for (const [key, asked] of Object.entries(questions)) {
    expect(await input.add(key, asked)).toBe(true);
  }
  const size = await input.close();
  const text = readFileSync(path, 'utf8');
  return {
    text,
    size,
    lines: text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  };
}

test('has a line for each question, with the picture in base64 and without a tier', async () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 256));
  const asked = questionOf(bytes, 'Say "what" {x}\n\u2028 it is');
  const settings = { system: 'Be brief.', thinking: 'low', safety: 'off' } as const;
  const { text, lines, size } = await written({ a: asked, b: { ...asked, settings } });
  expect(lines).toHaveLength(2);
  expect(lines[0]).toEqual({
    key: 'a',
    request: {
      contents: [
        {
          role: 'user',
          parts: [
            { inlineData: { mimeType: 'image/png', data: bytes.toString('base64') } },
            { text: 'Say "what" {x}\n\u2028 it is' },
          ],
        },
      ],
      store: false,
    },
  });
  expect(lines[1].request).toMatchObject({
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } },
    safetySettings: expect.any(Array),
    store: false,
  });
  expect(lines[1].request).not.toHaveProperty('model');
  expect(text.startsWith('{')).toBe(true);
  expect(size).toEqual({
    bytes: Buffer.byteLength(text),
    requests: 2,
    inputTokens: 2 * estimateInputTokens(asked) + estimateInputTokens({ parts: [], settings }),
  });
});

test('a picture of several pieces arrives as it was', async () => {
  const bytes = Buffer.alloc(2_000_003, 'picture');
  const { lines } = await written({ a: questionOf(bytes), b: questionOf(bytes.subarray(1)) });
  const dataOf = (line: {
    request: { contents: { parts: { inlineData: { data: string } }[] }[] };
  }) => Buffer.from(line.request.contents[0]?.parts[0]?.inlineData.data ?? '', 'base64');
  expect(dataOf(lines[0]).equals(bytes)).toBe(true);
  expect(dataOf(lines[1]).equals(bytes.subarray(1))).toBe(true);
});

test('storage is left to the service only if it is allowed', async () => {
  const { lines } = await written({ a: questionOf(Buffer.from('x')) }, { store: true });
  expect(lines[0].request).not.toHaveProperty('store');
});

test('a schema goes in the form that batches keep to, with the order of its properties', async () => {
  const schema = {
    type: 'object',
    properties: {
      b: { type: 'array', items: { type: 'object', properties: { z: {}, a: {} } } },
      properties: { $ref: '#/$defs/c' },
    },
    $defs: { c: { type: 'object', properties: { y: {} }, propertyOrdering: ['y'] } },
    additionalProperties: false,
  };
  const { lines } = await written({ a: { ...questionOf(Buffer.from('x')), schema } });
  expect(lines[0].request.generationConfig).toEqual({
    responseMimeType: 'application/json',
    response_json_schema: {
      type: 'object',
      properties: {
        b: {
          type: 'array',
          items: { type: 'object', properties: { z: {}, a: {} }, propertyOrdering: ['z', 'a'] },
        },
        properties: { $ref: '#/$defs/c' },
      },
      $defs: { c: { type: 'object', properties: { y: {} }, propertyOrdering: ['y'] } },
      additionalProperties: false,
      propertyOrdering: ['b', 'properties'],
    },
  });
});

test.each([
  ['requests', { requests: 2 }],
  ['bytes', { bytes: 400 }],
  ['tokens that the model takes', { model: 'gemini-3.8-flash' }, 'x'.repeat(5_000_000)],
])(
  'ends at the limit of %s, and takes a first question in any case',
  async (_, limit, prompt = 'q') => {
    const path = join(temporaryFolder(), 'input.jsonl');
    const input = await batchClient(NOWHERE).openInput(path, { ...LIMITS, ...limit });
    const asked = questionOf(Buffer.from('picture'), prompt);
    expect(await input.add('a', asked)).toBe(true);
    expect(await input.add('b', asked)).toBe(true);
    expect(await input.add('c', asked)).toBe(false);
    expect((await input.close()).requests).toBe(2);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);

    const alone = await batchClient(NOWHERE).openInput(`${path}2`, { ...LIMITS, bytes: 1 });
    expect(await alone.add('a', asked)).toBe(true);
    expect(await alone.add('b', asked)).toBe(false);
    await alone.close();
  },
);

test.each([
  ['in the buffer', 10],
  ['in the file', 3_000_000],
])('a picture that cannot be read leaves nothing behind %s', async (_, readable) => {
  const path = join(temporaryFolder(), 'input.jsonl');
  const input = await batchClient(NOWHERE).openInput(path, LIMITS);
  await input.add('a', questionOf(Buffer.from('one')));
  const content = {
    size: 6_000_000,
    read: async (from: number, to: number) => {
      if (from >= readable) throw inputError('it changed while it was read');
      return Buffer.alloc(to - from);
    },
  };
  const broken = { parts: [{ inline: { content, mimeType: 'image/png' } }] };
  await expect(input.add('b', broken)).rejects.toMatchObject({ kind: 'input' });
  await input.add('c', questionOf(Buffer.from('two')));
  const { bytes, requests } = await input.close();
  const text = readFileSync(path, 'utf8');
  expect(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).key),
  ).toEqual(['a', 'c']);
  expect([bytes, requests]).toEqual([text.length, 2]);
});

test('a file of somebody else stays, and a discarded one goes', async () => {
  const path = join(temporaryFolder(), 'input.jsonl');
  writeFileSync(path, 'mine');
  const opening = batchClient(NOWHERE).openInput(path, LIMITS);
  await expect(opening).rejects.toMatchObject({ kind: 'usage' });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  const input = await batchClient(NOWHERE).openInput(`${path}2`, LIMITS);
  await input.add('a', questionOf(Buffer.from('x')));
  await input.discard();
  expect(existsSync(`${path}2`)).toBe(false);
});
