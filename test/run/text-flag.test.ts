import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readStdinText, readTextFlag } from '../../src/run/text-flag.js';
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

test('a file that is not UTF-8 is refused', async () => {
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

test('an endless file is read no further than 4 MB', async () => {
  const message = "the prompt's file /dev/zero cannot be read: it is larger than 4 MB";
  await expect(readPrompt('@/dev/zero')).rejects.toMatchObject({ kind: 'usage', message });
  expect(await ask('x'.repeat(4_194_304))).toHaveLength(4_194_304);
  await expect(ask('x'.repeat(4_194_305))).rejects.toMatchObject({ kind: 'usage' });
});

test('a named pipe is read once somebody writes, and the wait for it can be interrupted', async () => {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const about = { what: 'the prompt', ifEmpty: '' };
  const reading = readTextFlag(`@${path}`, about);
  await writeFile(path, 'Why?\n');
  expect(await reading).toBe('Why?');
  const controller = new AbortController();
  const waiting = readTextFlag(`@${path}`, about, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ kind: 'interrupted' });
});

test('standard input is read no further than that either', async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536, 'x');
    })(),
  );
  const { signal } = new AbortController();
  const message = 'the claims on standard input cannot be read: it is larger than 4 MB';
  await expect(readStdinText(endless, 'the claims', signal)).rejects.toMatchObject({ message });
});
