import { expect, test } from 'vitest';
import { GeminiImageError, usageError } from '../../src/domain/error.js';

test('as JSON, an error holds its kind, message and hint, and not its cause', () => {
  const error = usageError('no such style', 'Choose another.', new Error('s3cr3t'));
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: {
      name: 'GeminiImageError',
      kind: 'usage',
      message: 'no such style',
      hint: 'Choose another.',
      retryable: false,
    },
  });
});

test('as JSON, an error holds what a failed answer was billed for', () => {
  const usage = { inputTokens: 1, outputTokens: 2, thoughtTokens: 0, cachedTokens: 0 };
  const error = new GeminiImageError({ kind: 'answer', message: 'm', usage, partialText: 'A b' });
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({ usage, partialText: 'A b' });
});
