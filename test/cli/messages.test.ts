import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Palette } from '../../src/cli/colour.js';
import { errorMessage, sentencesOf, waitMessage, warningMessage } from '../../src/cli/reporter.js';
import { type ErrorFacts, GeminiImageError } from '../../src/domain/error.js';
import type { EventOf } from '../../src/domain/events.js';
import { writeFailure } from '../../src/storage/errors.js';

const plain: Palette = { bad: (text) => text, warning: (text) => text, quiet: (text) => text };
const marked: Palette = {
  bad: (text) => `<bad ${text}>`,
  warning: (text) => `<warning ${text}>`,
  quiet: (text) => `<quiet ${text}>`,
};

const error = (facts: Partial<ErrorFacts> = {}) =>
  new GeminiImageError({ kind: 'input', message: 'no such file', ...facts });

describe('an error', () => {
  test('is one line', () => {
    expect(errorMessage(error(), plain)).toBe('gemini-image: no such file\n');
  });

  test('names the picture it is about', () => {
    expect(errorMessage(error(), plain, { about: 'a.png' })).toBe(
      'gemini-image: a.png: no such file\n',
    );
    expect(errorMessage(error(), plain, { about: '-' })).toBe(
      'gemini-image: stdin: no such file\n',
    );
  });

  test('has a second line if there is something to do', () => {
    expect(errorMessage(error({ hint: 'Look again.' }), plain)).toBe(
      'gemini-image: no such file\nLook again.\n',
    );
  });

  test('keeps to its lines, whatever the name of the picture', () => {
    const hostile = 'x\ngemini-image: all is well\u001b[2K\u202e';
    const safe = 'x\\ngemini-image: all is well\\u{1b}[2K\\u{202e}';
    expect(errorMessage(error({ message: hostile }), plain, { about: hostile })).toBe(
      `gemini-image: ${safe}: ${safe}\n`,
    );
    expect(errorMessage(error({ hint: 'Use \u001b[2K.' }), plain)).toContain('Use \\u{1b}[2K.');
  });

  test('shows its origin with --debug, back to the first cause', () => {
    const cause = new Error('outer \u001b[2K', { cause: new Error('innermost') });
    const message = errorMessage(error({ cause }), plain, { debug: true });
    expect(message).toMatch(/^gemini-image: no such file\nGeminiImageError: no such file\n {4}at /);
    expect(message).toMatch(
      /\ncaused by: Error: outer \\u\{1b\}\[2K\n {4}at .*\ncaused by: Error: innermost\n/s,
    );
    expect(errorMessage(error({ cause }), plain)).toBe('gemini-image: no such file\n');
  });

  test('always shows its origin if it is a bug of ours', () => {
    expect(errorMessage(error({ kind: 'internal' }), plain)).toContain('    at ');
  });

  test('is coloured by its palette', () => {
    expect(errorMessage(error({ hint: 'Look.' }), marked, { about: 'a.png' })).toBe(
      '<bad gemini-image:> a.png: no such file\n<quiet Look.>\n',
    );
  });
});

test('a warning is one line', () => {
  expect(warningMessage('a\nb is a JPEG', marked)).toBe(
    '<warning gemini-image: warning:> a\\nb is a JPEG\n',
  );
});

/** What is said of a wait. */
function waitOf(event: EventOf<'retry'>, palette: Palette): string {
  const [said] = sentencesOf(event);
  return said?.as === 'wait' ? waitMessage(said, palette) : expect.unreachable();
}

test('a wait says why, how long, and how often', () => {
  const event = {
    type: 'retry',
    image: 'a\u001b.png',
    attempt: 2,
    maxAttempts: 5,
    delayMs: 1234,
    error: error({ kind: 'quota', message: 'too many requests (429)' }),
  } as const;
  expect(waitOf(event, plain)).toBe(
    'gemini-image: a\\u{1b}.png: too many requests (429). Trying again in 1.2 s (attempt 2 of 5)\n',
  );
});

test('system errors that Node has no name for are named, with --debug too', () => {
  for (const [name, why] of [
    ['EDQUOT', 'the disk quota is used up'],
    ['ESTALE', 'the network drive does not know it any more'],
  ] as const) {
    const number = constants.errno[name];
    const unnamed = `Unknown system error -${number}`;
    const cause = Object.assign(new Error(`${unnamed}: ${unnamed}, write`), { code: unnamed });
    const failure = writeFailure('x.csv', cause);
    expect(failure.message).toBe(`x.csv cannot be written: ${why}`);
    const text = errorMessage(failure, plain, { debug: true });
    expect(text).toContain(`caused by: Error: ${name}: ${name}, write\n`);
    expect(text).not.toContain('Unknown system error');
  }
});
