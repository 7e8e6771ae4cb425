import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { saying } from '../support/scripted-server.js';

/** Asks `--prompt <prompt>` and tells what the server was asked. */
async function ask(prompt: string, file: string | Uint8Array = '', runs = runInProcess) {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(cwd, 'prompt.txt'), file);
  const { env, requests } = await saying('A boat.');
  // What looks like a flag is taken for a value only where nobody can mistake it.
  const flag = prompt.startsWith('-') ? [`--prompt=${prompt}`] : ['--prompt', prompt];
  const result = await runs(['describe', 'a.png', ...flag], { cwd, env });
  const parts = requests[0]?.json.contents[0].parts;
  return { ...result, asked: parts?.[1].text, parts, calls: requests.length };
}

const ODD = `"these" 'quotes' \n,\r\n\tbroken lines 👩‍👩‍👧 Qué? 日本語 \u2028 \u202e {"text":"\\u0041"}`;

test('a prompt arrives as it was typed, through a separate process too', async () => {
  expect(await ask(ODD, '', run)).toMatchObject({ code: 0, asked: ODD });
});

test.each([
  ['quotes', `What do "these" 'quotes' mean?`],
  ['line breaks', 'One line,\nanother,\r\n\tand a third.'],
  ['emoji', '👩‍👩‍👧 Qué? 日本語 \u2028 \u202e'],
  ['what looks like a flag', '--stream'],
  ['what looks like JSON', '{"text":"\\u0041"}'],
  ['10 KB', 'Is there a boat? '.repeat(620)],
])('a prompt arrives as it was typed: %s', async (_, prompt) => {
  expect(await ask(prompt)).toMatchObject({ code: 0, asked: prompt });
});

test('the picture comes before the prompt', async () => {
  const { parts } = await ask('What is it?');
  expect(parts.map((part: object) => Object.keys(part))).toEqual([['inlineData'], ['text']]);
});

describe('@file', () => {
  test.each([
    ['without the line break at its end', 'What is it?\n', 'What is it?'],
    ['also where that is CRLF', 'What\r\nis it?\r\n', 'What\r\nis it?'],
  ])('asks what the file holds, %s', async (_, file, asked) => {
    expect(await ask('@prompt.txt', file)).toMatchObject({ code: 0, asked });
  });

  test.each([
    ['@nothere.txt', '', 'no such file'],
    ['@prompt.txt', Buffer.from([0x57, 0xe9, 0x0a]), 'it is no UTF-8 text'],
  ])('%s is refused without a call: %#', async (prompt, file, why) => {
    const { code, calls, stdout, stderr } = await ask(prompt, file);
    expect({ code, calls, stdout }).toEqual({ code: 2, calls: 0, stdout: '' });
    expect(stderr.split('\n')[0]).toContain(why);
  });
});
