/** How many input tokens a question is taken for. */
import { expect, test } from 'vitest';
import { contentOf } from '../../src/domain/content.js';
import { MEDIA_RESOLUTIONS } from '../../src/domain/model-settings.js';
import {
  estimateInputTokens,
  estimatePromptTokens,
  PICTURE_TOKENS,
} from '../../src/gemini/request-size.js';

const inline = { content: contentOf(new Uint8Array(9)), mimeType: 'image/png' };
const file = { name: 'files/a', uri: 'https://x.example/files/a', mimeType: 'image/png' };
const prompt = 'x'.repeat(40);

test.each([
  [undefined, PICTURE_TOKENS],
  ['low', 280],
  ['medium', 560],
  ['high', 1120],
] as const)('a picture at the resolution %s counts %i', (mediaResolution, tokens) => {
  const settings = { mediaResolution };
  const parts = [{ text: 'a.pn' }, { inline }, { file }, { text: prompt }];
  expect(estimateInputTokens({ parts, settings })).toBe(2 * tokens + 11);
  expect(estimatePromptTokens(prompt, { settings })).toBe(tokens + 10);
});

test('system instruction and schema count as text', () => {
  const settings = { system: 'x'.repeat(400) };
  const schema = { enum: ['x'.repeat(400)] };
  const parts = [{ inline }, { text: prompt }];
  const bare = PICTURE_TOKENS + 10;
  expect(estimateInputTokens({ parts })).toBe(bare);
  expect(estimateInputTokens({ parts, settings })).toBe(bare + 100);
  expect(estimateInputTokens({ parts, schema })).toBe(bare + 104);
  expect(estimateInputTokens({ parts, settings, schema })).toBe(bare + 204);
});

test('a prompt about one picture counts like the question', () => {
  for (const mediaResolution of MEDIA_RESOLUTIONS) {
    const asked = {
      settings: { mediaResolution, system: 'Be brief.' },
      schema: { type: 'string' },
    };
    const question = { parts: [{ inline }, { text: prompt }], ...asked };
    expect(estimatePromptTokens(prompt, asked)).toBe(estimateInputTokens(question));
  }
  expect(estimatePromptTokens(prompt)).toBe(PICTURE_TOKENS + 10);
});
