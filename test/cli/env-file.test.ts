import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEnvFile } from '../../src/cli/env-file.js';
import { temporaryFolder } from '../support/files.js';
import { listening } from '../support/said.js';

/** What is taken of a `.env`, and the warnings. */
async function read(text?: string) {
  const folder = temporaryFolder();
  if (text !== undefined) writeFileSync(join(folder, '.env'), text);
  const warnings: string[] = [];
  return {
    taken: await readEnvFile(
      folder,
      listening((warning) => warnings.push(warning)),
    ),
    warnings,
  };
}

test('takes the key and the model, and nothing else', async () => {
  const text = 'GEMINI_API_KEY=a\nGOOGLE_API_KEY=b\nGEMINI_IMAGE_MODEL=m\nNO_COLOR=1\nPATH=/evil\n';
  expect(await read(text)).toEqual({
    taken: {
      GEMINI_API_KEY: 'a',
      GOOGLE_API_KEY: 'b',
      GEMINI_IMAGE_MODEL: 'm',
      found: 'a file',
    },
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
    taken: { found: 'a file', ignored: [name] },
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
])('does not mind %s in it', async (_, text) => {
  expect((await read(text)).taken).toEqual({ GEMINI_API_KEY: 'a', found: 'a file' });
});

test('reads no file as an empty one', async () => {
  expect(await read()).toEqual({ taken: {}, warnings: [] });
  expect(await read('')).toEqual({ taken: { found: 'a file' }, warnings: [] });
});

test('reads a folder of that name as an empty file', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, '.env'));
  expect(await readEnvFile(folder, ({ type }) => expect.unreachable(type))).toEqual({
    found: 'a folder',
  });
});

const IGNORED = { found: 'a file that is ignored' };

test('warns about a file that cannot be read, and takes it as empty', async () => {
  const folder = temporaryFolder({ file: 'small.png' });
  const warnings: string[] = [];
  const taken = await readEnvFile(
    join(folder, 'file'),
    listening((warning) => warnings.push(warning)),
  );
  expect({ taken, warnings }).toEqual({
    taken: IGNORED,
    warnings: ['.env cannot be read (ENOTDIR) and is ignored'],
  });
});

test('a file in UTF-16, as PowerShell writes it, is ignored with a warning', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), Buffer.from('\ufeffGEMINI_API_KEY=a\r\n', 'utf16le'));
  const warnings: string[] = [];
  expect(
    await readEnvFile(
      folder,
      listening((warning) => warnings.push(warning)),
    ),
  ).toEqual(IGNORED);
  expect(warnings).toEqual(['.env is no UTF-8 text and is ignored']);
});

describe('ignores, with a warning, a file that would never end or fill the memory', () => {
  async function readWith(make: (path: string) => void) {
    const folder = temporaryFolder();
    make(join(folder, '.env'));
    const warnings: string[] = [];
    const taken = await readEnvFile(
      folder,
      listening((warning) => warnings.push(warning)),
    );
    expect(taken).toEqual(IGNORED);
    return warnings;
  }

  test('a named pipe', async () => {
    const make = (path: string) => execFileSync('mkfifo', [path]);
    expect(await readWith(make)).toEqual(['.env is no regular file and is ignored']);
  });

  test('a link to a device', async () => {
    const make = (path: string) => symlinkSync('/dev/zero', path);
    expect(await readWith(make)).toEqual(['.env is no regular file and is ignored']);
  });

  test('a file of more than 64 KB', async () => {
    const text = (length: number) => `GEMINI_API_KEY=a\n#${'x'.repeat(length - 18)}`;
    const make = (path: string) => writeFileSync(path, text(65_537));
    expect(await readWith(make)).toEqual(['.env is larger than 64 KB and is ignored']);
    expect(await read(text(65_536))).toMatchObject({ taken: { GEMINI_API_KEY: 'a' } });
  });

  test('a sparse file that says it is huge', async () => {
    const make = (path: string) => {
      writeFileSync(path, '');
      truncateSync(path, 3e9);
    };
    expect(await readWith(make)).toEqual(['.env is larger than 64 KB and is ignored']);
  });
});
