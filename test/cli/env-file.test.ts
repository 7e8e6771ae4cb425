import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnvFile } from '../../src/cli/env-file.js';
import { temporaryFolder } from '../support/files.js';

/** What is taken of a `.env`, and the warnings. */
async function read(text?: string) {
  const folder = temporaryFolder();
  if (text !== undefined) writeFileSync(join(folder, '.env'), text);
  const warnings: string[] = [];
  return { taken: await readEnvFile(folder, (warning) => warnings.push(warning)), warnings };
}

test('the key and the model are taken, nothing else', async () => {
  const text = 'GEMINI_API_KEY=a\nGOOGLE_API_KEY=b\nGEMINI_IMAGE_MODEL=m\nNO_COLOR=1\nPATH=/evil\n';
  expect(await read(text)).toEqual({
    taken: { GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b', GEMINI_IMAGE_MODEL: 'm' },
    warnings: [],
  });
});

test.each([
  'GOOGLE_GEMINI_BASE_URL',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'ALL_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
])('%s is ignored with a warning', async (name) => {
  expect(await read(`${name}=http://stranger.example\n`)).toEqual({
    taken: {},
    warnings: [`${name} in .env is ignored; set it in the environment`],
  });
});

test.each([
  ['a byte order mark', '\ufeffGEMINI_API_KEY=a'],
  ['quotes', 'GEMINI_API_KEY="a"'],
  ['single quotes and a comment', "GEMINI_API_KEY='a' # mine"],
  ['export', 'export GEMINI_API_KEY=a'],
  ['CRLF', '# mine\r\nGEMINI_API_KEY=a\r\n'],
  ['blanks', '  GEMINI_API_KEY = a  '],
])('%s in it is no trouble', async (_, text) => {
  expect((await read(text)).taken).toEqual({ GEMINI_API_KEY: 'a' });
});

test('no file is an empty one', async () => {
  expect(await read()).toEqual({ taken: {}, warnings: [] });
  expect(await read('')).toEqual({ taken: {}, warnings: [] });
});

test('so is a folder of that name', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, '.env'));
  expect(await readEnvFile(folder, expect.unreachable)).toEqual({});
});

test('what cannot be read is warned of, and is an empty one', async () => {
  const folder = temporaryFolder({ file: 'small.png' });
  const warnings: string[] = [];
  const taken = await readEnvFile(join(folder, 'file'), (warning) => warnings.push(warning));
  expect({ taken, warnings }).toEqual({ taken: {}, warnings: ['.env cannot be read (ENOTDIR)'] });
});

test('a file in UTF-16, as PowerShell writes it, is ignored with a warning', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), Buffer.from('\ufeffGEMINI_API_KEY=a\r\n', 'utf16le'));
  const warnings: string[] = [];
  expect(await readEnvFile(folder, (warning) => warnings.push(warning))).toEqual({});
  expect(warnings).toEqual(['.env is no UTF-8 text and is ignored']);
});
