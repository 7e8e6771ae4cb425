import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createPalette } from '../../src/cli/palette.js';
import { createTalk, type TalkOptions } from '../../src/cli/talk.js';
import { GeminiImageError } from '../../src/domain/error.js';

const palette = await createPalette(false);

/** What is said of everything that can be said. */
function said(options: Partial<TalkOptions>): string {
  let text = '';
  const stderr = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const talk = createTalk({
    stderr,
    isTerminal: false,
    palette,
    quiet: false,
    debug: false,
    redact: (line) => line.replaceAll('s3cret', '[key]'),
    ...options,
  });
  const error = new GeminiImageError({ kind: 'service', message: 'overloaded (s3cret)' });
  talk.note('offline');
  talk.warn('odd\nname');
  talk.listener({ type: 'warning', image: 'a.png', message: 'a.png is a JPEG' });
  talk.listener({ type: 'retry', image: 'a.png', attempt: 2, maxAttempts: 5, delayMs: 100, error });
  talk.error(error, 'a\u001b.png');
  return text;
}

const ERROR = 'gemini-image: a\\u{1b}.png: overloaded ([key])\n';
const WARNINGS =
  'offline\ngemini-image: warning: odd\\nname\ngemini-image: warning: a.png is a JPEG\n';
const WAIT = 'gemini-image: a.png: overloaded ([key]). Trying again in 0.1 s (attempt 2 of 5)\n';

test('warnings and errors are said, waits only to a person', () => {
  expect(said({})).toBe(WARNINGS + ERROR);
  expect(said({ isTerminal: true })).toBe(WARNINGS + WAIT + ERROR);
});

test('--quiet leaves errors only', () => {
  expect(said({ quiet: true })).toBe(ERROR);
  expect(said({ quiet: true, isTerminal: true })).toBe(ERROR);
});

test('--debug tells of waits and of where an error comes from', () => {
  const text = said({ debug: true });
  expect(text.startsWith(WARNINGS + WAIT + ERROR)).toBe(true);
  expect(text).toContain('\n    at ');
  expect(text).not.toContain('s3cret');
});

test('colours are there only where they are wanted', async () => {
  expect(said({ isTerminal: true })).not.toContain('\u001b');
  expect(said({ palette: await createPalette(true) })).toContain(
    '\u001b[31m\u001b[1mgemini-image:\u001b[22m\u001b[39m ',
  );
});
