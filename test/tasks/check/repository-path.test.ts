import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryPath } from '../../../src/tasks/check/repository-path.js';
import { temporaryFolder } from '../../support/files.js';

test.each([
  ['./shots/a.png', undefined, 'shots/a.png'],
  ['shots/../a.png', '', 'a.png'],
  [join(process.cwd(), 'shots/a.png'), undefined, 'shots/a.png'],
  ['a.png', join(process.cwd(), '..'), `${process.cwd().split('/').at(-1)}/a.png`],
  ['./a.png', '/somewhere/else', 'a.png'],
  ['/somewhere/a.png', '/somewhere/else', '/somewhere/a.png'],
  ['..a.png', undefined, '..a.png'],
  ['-', '/somewhere', '-'],
  ['https://u:p@example.com/a.png?sig=abc', '/somewhere', 'https://example.com/a.png'],
])('%s in %s is %s', (image, workspace, path) => {
  expect(repositoryPath(image, workspace)).toBe(path);
});

test('a repository reached through a link is recognized', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  const image = join(folder, 'real', 'a.png');
  symlinkSync('real', join(folder, 'link'));
  mkdirSync(image);
  expect(repositoryPath(image, join(folder, 'link'))).toBe('a.png');
});
