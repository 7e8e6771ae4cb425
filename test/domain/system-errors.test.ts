/** What is said of files that cannot be read or written. */
import { describe, expect, test } from 'vitest';
import {
  isDiskFailure,
  isDiskFull,
  readingWords,
  whyUnread,
  whyUnwritten,
} from '../../src/domain/system-errors.js';

const errorOf = (code: string) => Object.assign(new Error(`${code}: no`), { code });

describe('an error of the system is told in words', () => {
  test.each([
    ['ENOENT', 'no such file', 'the folder does not exist'],
    ['ENOTDIR', 'no such file: a part of the path is no folder', 'a part of the path is no folder'],
    ['EISDIR', 'it is a folder', 'it is a folder'],
    ['EACCES', 'permission denied', 'permission denied'],
    ['EPERM', 'permission denied', 'permission denied'],
    ['ELOOP', 'a loop of symbolic links', 'its links lead in a circle'],
    ['ENAMETOOLONG', 'the name is too long', 'the name is too long'],
    ['EMFILE', 'too many files are open', 'too many files are open'],
    ['ENFILE', 'too many files are open', 'too many files are open'],
    ['ERR_INVALID_ARG_VALUE', 'the name holds a zero byte', 'the name holds a zero byte'],
    ['ENOSPC', 'ENOSPC', 'no space is left on the disk'],
    ['EROFS', 'EROFS', 'the file system is read-only'],
    ['EIO', 'EIO', 'the disk failed'],
    ['ENEW', 'ENEW', 'ENEW'],
  ])('%s: read "%s", written "%s"', (code, read, write) => {
    expect(whyUnread(errorOf(code))).toBe(read);
    expect(whyUnwritten(errorOf(code))).toBe(write);
    expect(readingWords(errorOf(code))).toBe(read === code ? undefined : read);
  });

  test('also where it has no code', () => {
    expect(whyUnread(new Error('no'))).toBe('unknown error');
    expect(whyUnwritten('no')).toBe('unknown error');
    expect(readingWords(undefined)).toBeUndefined();
  });
});

test.each([
  ['ENOSPC', true, true],
  ['EDQUOT', true, true],
  ['EFBIG', false, true],
  ['EIO', false, true],
  ['EROFS', false, true],
  ['ESTALE', false, true],
  ['EACCES', false, false],
  ['EISDIR', false, false],
  ['ENAMETOOLONG', false, false],
])('%s: the disk is full: %s, the next file fails too: %s', (code, isFull, isFailure) => {
  expect(isDiskFull(errorOf(code))).toBe(isFull);
  expect(isDiskFailure(errorOf(code))).toBe(isFailure);
});
