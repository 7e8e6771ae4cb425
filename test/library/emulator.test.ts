import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGeminiImage } from '../../src/library/client.js';
import { startEmulator } from '../../src/library/emulator.js';
import type { EmulatorOptions } from '../../src/library/options.js';
import { failureOf } from '../support/ask.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { readAll } from '../support/read-all.js';

async function staged(options?: EmulatorOptions) {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  const client = createGeminiImage({ apiKey: 'test', baseUrl: emulator.url, retries: 0 });
  const textFor = async (name: string, more = {}) =>
    (await client.describe(fixture(name), more)).text;
  return { emulator, client, textFor };
}

const sha256 = (name: string) => createHash('sha256').update(fixtureBytes(name)).digest('hex');

describe('scripted answers', () => {
  test('one for every question', async () => {
    const { textFor } = await staged({ answers: 'A boat.' });
    expect(await textFor('small.png')).toBe('A boat.');
    expect(await textFor('harbor.jpg')).toBe('A boat.');
  });

  test('by words of the prompt, the first rule that applies', async () => {
    const answers = [
      { prompt: 'alt text', answer: 'Red boat.' },
      { prompt: /^what/i, answer: 'A what.', times: 1 },
      { model: 'gemini-4-neon', answer: 'Neon.' },
    ];
    const { textFor } = await staged({ answers });
    expect(await textFor('small.png', { style: 'alt' })).toBe('Red boat.');
    expect(await textFor('small.png', { prompt: 'What is it?' })).toBe('A what.');
    expect(await textFor('small.png', { prompt: 'What is it?' })).toMatch(/^\[offline\]/);
    expect(await textFor('small.png')).toMatch(/^\[offline\] A PNG/);
  });

  test('by the picture: its hash, its name, or a file, however it is sent', async () => {
    const answers = [
      { picture: sha256('small.png'), answer: 'By hash.' },
      { picture: fixture('harbor.jpg'), answer: 'By file.' },
      { picture: fixture('turned.jpg'), answer: 'By file too.' },
      { picture: 'nowhere.png', answer: 'By name.' },
    ];
    const { textFor, emulator } = await staged({ answers });
    expect(await textFor('small.png')).toBe('By hash.');
    expect(await textFor('harbor.jpg')).toBe('By file.');
    // It is made smaller, and made anew.
    expect(await textFor('harbor.jpg', { maxEdge: 256 })).toBe('By file.');
    // It is turned upright.
    expect(await textFor('turned.jpg')).toBe('By file too.');
    const folder = temporaryFolder({ 'nowhere.png': 'small.webp', 'b.png': 'small.jpg' });
    const { stdout } = await runInProcess(['describe', '--together', 'nowhere.png', 'b.png'], {
      cwd: folder,
      env: { GEMINI_API_KEY: 'test', GOOGLE_GEMINI_BASE_URL: emulator.url },
    });
    expect(stdout).toBe('By name.\n');
  });

  test('by a function, which may also leave it to the emulator', async () => {
    const { textFor } = await staged({
      answers: async ({ pictures, prompt }) =>
        prompt.includes('what') ? undefined : `${pictures[0]?.bytes} bytes`,
    });
    expect(await textFor('small.png', { prompt: 'Size?' })).toBe('927 bytes');
    expect(await textFor('small.png', { prompt: 'what?' })).toMatch(/^\[offline\]/);
  });

  test('as JSON, as a stream, and as failures', async () => {
    const { client, textFor } = await staged({
      answers: [
        { prompt: 'json', answer: { title: 'Boats' } },
        { prompt: 'blocked', finishReason: 'SAFETY' },
        { prompt: 'busy', status: 503 },
        { prompt: 'gone', status: 502 },
        { answer: 'One two three.' },
      ],
    });
    const options = { prompt: 'json', fields: 'title' };
    expect((await client.describe(fixture('small.png'), options)).data).toEqual({ title: 'Boats' });
    expect(await readAll(client.describeStream(fixture('small.png')))).toEqual([
      'One ',
      'two ',
      'three.',
    ]);
    const kinds = ['blocked', 'busy', 'gone'].map(async (prompt) => {
      const { kind, httpStatus } = await failureOf(textFor('small.png', { prompt }));
      return [kind, httpStatus];
    });
    expect(await Promise.all(kinds)).toEqual([
      ['answer', undefined],
      ['service', 503],
      ['service', 502],
    ]);
  });

  test('a function that fails is told of at once', async () => {
    const { textFor } = await staged({
      answers: () => {
        throw new Error('no answer for that');
      },
    });
    const failure = await failureOf(textFor('small.png'));
    expect(failure.message).toContain('no answer for that');
    expect(failure.retryable).toBe(false);
  });
});

test('what was asked is known, also of what failed, without the bytes and the key', async () => {
  const fail = [{ status: 503, share: 0.5 }];
  const { emulator, textFor } = await staged({ fail, answers: 'A boat.' });
  await textFor('small.png', { system: 'Be brief.', temperature: 1 });
  await failureOf(textFor('small.png', { prompt: 'Why?' }));
  expect(emulator.requests).toEqual([
    {
      method: 'generateContent',
      model: 'gemini-3.5-flash-lite',
      prompt: expect.stringContaining('Write a caption'),
      system: 'Be brief.',
      pictures: [{ mimeType: 'image/png', sha256: sha256('small.png'), bytes: 927 }],
      settings: { temperature: 1 },
    },
    expect.objectContaining({ prompt: 'Why?' }),
  ]);
  expect(JSON.stringify(emulator.requests).length).toBeLessThan(1000);
});

test.each<[what: string, options: object, words: string]>([
  ['an unknown option', { answer: 'x' }, 'unknown option answer: did you mean answers?'],
  ['failures that are none', { fail: [{ status: 200, share: 1 }] }, 'fail must be a list of'],
  ['a latency that is none', { latency: '5' }, 'latency must be a whole number'],
  ['a rule without an answer', { answers: [{ prompt: 'x' }] }, 'neither an answer nor a status'],
  ['an unknown field', { answers: [{ promt: 'x', answer: '' }] }, 'unknown field promt'],
  ['a wrong status', { answers: [{ status: 200 }] }, 'answers[0].status must be'],
  ['a wrong count', { answers: [{ answer: '', times: 0 }] }, 'answers[0].times must be'],
  ['a file that is no picture', { answers: [{ answer: '', picture: 'README.md' }] }, 'is none of'],
])('%s is refused', async (_, options, words) => {
  const failure = await failureOf(startEmulator(options));
  expect(failure.kind).toBe('usage');
  expect(failure.message).toContain(words);
});
