/** What fits into one request, compared with requests that were built. */
import { describe, expect, test } from 'vitest';
import { contentOf } from '../../src/domain/content.js';
import type { QuestionPart } from '../../src/domain/question.js';
import { packRequest } from '../../src/gemini/packed-request.js';
import type { QuestionSettings } from '../../src/gemini/request.js';
import {
  MAX_REQUEST_BYTES,
  type RequestBudget,
  requestBudget,
} from '../../src/gemini/request-size.js';
import { finished } from '../support/answers.js';
import { clientOf, questionOf } from '../support/ask.js';
import { fakeGemini, json } from '../support/fake-gemini.js';

const PROMPTS = ['What is it?', 'What is "it"? 🏴‍☠️\n', 'é\u2028\\'.repeat(500), '\ud800'];
const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'];

/** The bytes of a request as JSON. */
async function bytesOf(parts: readonly QuestionPart[], asked: QuestionSettings = {}) {
  const { request, unpack } = await packRequest({ parts, ...asked });
  const pieces = unpack(JSON.stringify(request));
  return pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
}

function inline(size: number, mimeType = 'image/png') {
  return { inline: { content: contentOf(new Uint8Array(size)), mimeType } };
}

/** How many bytes the next picture of a request may have inline, found out by asking for more and less. */
function roomIn(newBudget: () => RequestBudget | undefined, mimeType = 'image/png'): number {
  let [fits, isTooLarge] = [0, MAX_REQUEST_BYTES];
  while (isTooLarge - fits > 1) {
    const size = Math.floor((fits + isTooLarge) / 2);
    if (newBudget()?.admits({ size, mimeType })) fits = size;
    else isTooLarge = size;
  }
  return fits;
}

describe('one picture', () => {
  test.each(
    PROMPTS.flatMap((prompt) => TYPES.map((mimeType) => [prompt.slice(0, 20), mimeType, prompt])),
  )(
    'beside %j fits as %s to the last byte that base64 leaves',
    async (_begin, mimeType, prompt) => {
      const room = roomIn(() => requestBudget([prompt], 1), mimeType);
      // The bytes of a picture without any, and four for three of the picture.
      const envelope = await bytesOf([inline(0, mimeType), { text: prompt }]);
      expect(envelope + (4 * room) / 3).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
      expect(envelope + (4 * room) / 3 + 4).toBeGreaterThan(MAX_REQUEST_BYTES);
      expect(requestBudget([prompt], 1)?.admits({ size: room, mimeType })).toBe(true);
      expect(requestBudget([prompt], 1)?.admits({ size: room + 1, mimeType })).toBe(false);
    },
  );

  test.each([0, 1, 2, 3])('fits if exactly %i bytes would be left', async (left) => {
    const size = 3_000_000;
    const used = await bytesOf([inline(size), { text: '' }]);
    const admits = (length: number) =>
      requestBudget(['x'.repeat(length)], 1)?.admits({ size, mimeType: 'image/png' });
    expect(admits(MAX_REQUEST_BYTES - used - left)).toBe(true);
    expect(admits(MAX_REQUEST_BYTES - used + 1 + left)).toBe(false);
  });

  test('is sent in as many bytes as were counted', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const room = roomIn(() => requestBudget(['What is it?'], 1));
    await (await clientOf(server)).ask(questionOf(new Uint8Array(room)));
    const size = Buffer.byteLength(server.requests[0]?.body ?? '');
    expect(size).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    expect(size).toBeGreaterThan(MAX_REQUEST_BYTES - 4);
  });
});

describe('several pictures', () => {
  const names = ['a.png', 'b "c".png', 'd/é.png', 'e.png'];
  const prompt = 'Which one is older?';

  /** The longest reference that is counted with. */
  const file = { name: 'files/x', uri: 'x'.repeat(256), mimeType: 'image/jpeg' };

  async function place(sizes: readonly number[]) {
    const budget = requestBudget([...names.slice(0, sizes.length), prompt], sizes.length);
    const placed = sizes.map((size) => budget?.admits({ size, mimeType: 'image/png' }));
    const parts = sizes.flatMap((size, at) => [
      { text: names[at] ?? '' },
      placed[at] ? inline(size) : { file },
    ]);
    return { placed, bytes: await bytesOf([...parts, { text: prompt }]) };
  }

  test('go inline in their order, as long as there is room', async () => {
    expect((await place([7e6, 7e6, 7e6, 1e6])).placed).toEqual([true, true, false, true]);
    expect((await place([16e6, 1e6, 1e6, 1e6])).placed).toEqual([false, true, true, true]);
    expect((await place([3e6, 3e6, 3e6, 3e6])).placed).toEqual([true, true, true, true]);
  });

  test('never exceed the limit, even if all that do not fit are references', async () => {
    const room = roomIn(() => requestBudget([...names, prompt], 4));
    const { placed, bytes } = await place([room, 1e6, 1e6, 1e6]);
    expect(placed).toEqual([true, false, false, false]);
    expect(bytes).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    expect(bytes).toBeGreaterThan(MAX_REQUEST_BYTES - 8);
    expect((await place([room + 3, 1e6, 1e6, 1e6])).placed[0]).toBe(false);
  });

  test('get the room that a small one does not need', async () => {
    const room = roomIn(() => requestBudget([prompt], 2));
    const after = () => {
      const budget = requestBudget([prompt], 2);
      budget?.admits({ size: 3, mimeType: 'image/png' });
      return budget;
    };
    expect(roomIn(after)).toBeGreaterThan(room);
  });

  test('may use every byte that is left for the last one', async () => {
    const room = roomIn(() => {
      const budget = requestBudget(['a', 'b', prompt], 2);
      expect(budget?.admits({ size: 5_000_001, mimeType: 'image/png' })).toBe(true);
      return budget;
    });
    const parts = [{ text: 'a' }, inline(5_000_001), { text: 'b' }, inline(room), { text: prompt }];
    const bytes = await bytesOf(parts);
    expect(bytes).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    expect(bytes).toBeGreaterThan(MAX_REQUEST_BYTES - 4);
  });
});

describe('a prompt', () => {
  test('that leaves no room for a picture leaves room for a reference', () => {
    const budget = requestBudget(['x'.repeat(MAX_REQUEST_BYTES - 500)], 1);
    expect(budget?.admits({ size: 500, mimeType: 'image/png' })).toBe(false);
    expect(budget?.admits({ size: 1e6, mimeType: 'image/png' })).toBe(false);
  });

  test('that leaves no room at all is reported', () => {
    expect(requestBudget(['x'.repeat(MAX_REQUEST_BYTES)], 1)).toBeUndefined();
    expect(requestBudget(['x'.repeat(MAX_REQUEST_BYTES - 400)], 3)).toBeUndefined();
  });

  test('counts with its JSON escapes', () => {
    const room = (prompt: string) => roomIn(() => requestBudget([prompt], 1));
    expect(room('')).toBeGreaterThan(room('x'.repeat(4)));
    expect(room('x'.repeat(400))).toBeGreaterThan(room('é'.repeat(400)));
    expect(room('x'.repeat(400))).toBeGreaterThan(room('"'.repeat(400)));
  });
});

describe('settings', () => {
  const text = 'é\u2028\\ "quoted" 🏴‍☠️ \ud800'.repeat(400);
  const asked: [string, QuestionSettings][] = [
    ['a system instruction', { settings: { system: text } }],
    ['a schema', { schema: { type: 'object', description: text } }],
    ['a level, a resolution and safety', { settings: { thinking: 'low', safety: 'off' } }],
    ['all', { settings: { system: text, seed: 1, mediaResolution: 'low' }, schema: { a: text } }],
  ];

  test.each(asked)('(%s) are counted to the last byte', async (_what, asked) => {
    const room = roomIn(() => requestBudget(['What is it?'], 1, asked));
    const envelope = await bytesOf([inline(0), { text: 'What is it?' }], asked);
    expect(envelope + (4 * room) / 3).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    expect(envelope + (4 * room) / 3 + 4).toBeGreaterThan(MAX_REQUEST_BYTES);
  });

  test('are sent in as many bytes as were counted', async () => {
    const asked = { settings: { system: text, safety: 'off' }, schema: { a: text } } as const;
    const server = await fakeGemini(json(finished('A harbor.')));
    const room = roomIn(() => requestBudget(['What is it?'], 1, asked));
    await (await clientOf(server)).ask({ ...questionOf(new Uint8Array(room)), ...asked });
    const size = Buffer.byteLength(server.requests[0]?.body ?? '');
    expect(size).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    expect(size).toBeGreaterThan(MAX_REQUEST_BYTES - 4);
  });

  test('that leave no room at all are reported', () => {
    const settings = { system: 'x'.repeat(MAX_REQUEST_BYTES) };
    expect(requestBudget([''], 1, { settings })).toBeUndefined();
  });
});
