/** HEIC where libheif-js is not installed, as in a default installation. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REPOSITORY, startProgram } from '../support/command.js';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gemini-image-without-libheif-'));
  for (const name of ['dist', 'package.json', 'fixtures/small.heic']) {
    cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) {
    if (name.startsWith('.') || name === 'libheif-js') continue;
    symlinkSync(join(REPOSITORY, 'node_modules', name), join(folder, 'node_modules', name));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function describeHeic(...options: string[]) {
  const args = ['dist/bin.cjs', 'describe', 'fixtures/small.heic', '--offline', ...options];
  return startProgram(process.execPath, args, { cwd: folder }).finished;
}

test('it is sent as it is, and the emulator knows its size', async () => {
  const { stdout, code } = await describeHeic();
  expect(stdout).toBe('[offline] A HEIC picture of 96 × 64 pixels, landscape, not decoded.\n');
  expect(code).toBe(0);
});

test('what needs its pixels names the package to install', async () => {
  const { stderr, stdout, code } = await describeHeic('--max-edge', '64');
  expect(stderr).toContain(
    'it is coded in HEVC, which needs a reader that is not installed: libheif-js',
  );
  expect(stderr).toContain('npm install libheif-js');
  expect([stdout, code]).toEqual(['', 2]);
});
