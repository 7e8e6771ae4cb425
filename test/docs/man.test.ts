import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasProgram } from '../support/programs.js';

const PAGE = 'dist/gemini-image.1';

test('the man page has every command and its options, and npm finds it', () => {
  const page = readFileSync(PAGE, 'utf8').replaceAll('\\-', '-');
  for (const words of ['gemini-image describe', '--overwrite', 'gemini-image cache clear']) {
    expect(page).toContain(words);
  }
  const { man, files } = JSON.parse(readFileSync('package.json', 'utf8'));
  // npm links a list only.
  expect(man).toEqual([`./${PAGE}`]);
  expect(files).toContain('dist');
});

describe.skipIf(!hasProgram('mandoc', PAGE))('mandoc', () => {
  test('finds nothing wrong with the man page', () => {
    const { stdout } = spawnSync('mandoc', ['-Tlint', PAGE], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
