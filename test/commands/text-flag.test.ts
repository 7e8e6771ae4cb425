import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTextFlag } from '../../src/commands/text-flag.js';
import { temporaryFolder } from '../support/files.js';

const readPrompt = (value: string) =>
  readTextFlag(value, { what: 'the prompt', ifEmpty: 'Leave it out.' });

/** What a file with these bytes asks. */
async function ask(bytes: string | Uint8Array): Promise<string> {
  const path = join(temporaryFolder(), 'prompt.txt');
  writeFileSync(path, bytes);
  return readPrompt(`@${path}`);
}

test.each(['What is it?', ' padded ', 'me@example.com', '"@a"', 'line\n'])(
  '%j is taken as it is',
  async (prompt) => {
    expect(await readPrompt(prompt)).toBe(prompt);
  },
);

test('a file is taken without its last line break', async () => {
  expect(await ask('Why?\n')).toBe('Why?');
  expect(await ask('Why?\r\n')).toBe('Why?');
  expect(await ask('\ufeff Why?\n\n')).toBe(' Why?\n');
  expect(await ask('日本')).toBe('日本');
});

test.each(['', ' ', '\n', '\u00a0'])('%j is no prompt', async (prompt) => {
  const refusal = { kind: 'usage', message: 'the prompt is empty' };
  await expect(readPrompt(prompt)).rejects.toMatchObject(refusal);
  await expect(ask(prompt)).rejects.toMatchObject(refusal);
});

test('a file that is no UTF-8 is refused', async () => {
  await expect(ask(Buffer.from('Où?', 'latin1'))).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/^the prompt's file .* cannot be read: it is no UTF-8 text$/),
  });
});

test.each([
  ['@nothere.txt', 'nothere.txt cannot be read: no such file'],
  ['@.', '. cannot be read: it is a folder'],
])('%s: %s', async (prompt, why) => {
  await expect(readPrompt(prompt)).rejects.toMatchObject({
    kind: 'usage',
    message: `the prompt's file ${why}`,
  });
});
