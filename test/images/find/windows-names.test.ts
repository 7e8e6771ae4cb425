/** What is particular about names on Windows, told by hand which system it is. */
import { describe, expect, test } from 'vitest';
import { whyNoFileName, withSlashes } from '../../../src/images/find/name-forms.js';

describe('a backslash separates folders on Windows', () => {
  test.each([
    ['photos\\2024\\a.jpg', 'photos/2024/a.jpg'],
    ['.\\a.jpg', './a.jpg'],
    ['C:\\photos\\a.jpg', 'C:/photos/a.jpg'],
    ['C:a.jpg', 'C:a.jpg'],
    ['photos\\**\\*.jpg', 'photos/**/*.jpg'],
    ['\\\\server\\share\\a.jpg', '//server/share/a.jpg'],
    ['mixed/and\\both.jpg', 'mixed/and/both.jpg'],
  ])('%s', (written, meant) => {
    expect(withSlashes(written, '\\')).toBe(meant);
    expect(withSlashes(meant, '\\')).toBe(meant);
  });

  test('but not in names that Windows takes literally', () => {
    const long = `\\\\?\\C:\\${'deep\\'.repeat(100)}a.jpg`;
    expect(withSlashes(long, '\\')).toBe(long);
    expect(withSlashes('\\\\.\\pipe\\pictures', '\\')).toBe('\\\\.\\pipe\\pictures');
  });

  test('and is a character of a name elsewhere', () => {
    expect(withSlashes('odd\\name.jpg', '/')).toBe('odd\\name.jpg');
  });
});

describe('a name that Windows cannot give to a file', () => {
  test.each([
    'con.txt',
    'photos/CON.txt',
    'aux',
    'nul.tar.txt',
    'com1.txt',
    'LPT².xmp',
    'prn .txt',
  ])('%s is a device', (name) => {
    expect(whyNoFileName(name, 'win32')).toMatch(/device/);
    expect(whyNoFileName(name.replaceAll('/', '\\'), 'win32')).toMatch(/device/);
  });

  test.each(['a:b.txt', 'what?.txt', 'a"b.txt', 'a|b.txt', 'a<b>.txt', 'stars*.txt'])(
    '%s holds a character with a meaning of its own',
    (name) => {
      expect(whyNoFileName(name, 'win32')).toMatch(/allows no [:?"|<*] in names/);
    },
  );

  test.each(['end.', 'end '])('"%s" would lose its end', (name) => {
    expect(whyNoFileName(name, 'win32')).toMatch(/at the end/);
  });

  test.each(['C:/photos/a.txt', 'console.txt', 'auxiliary.txt', 'com10.txt', 'a.con.txt', 'ü.txt'])(
    '%s is fine',
    (name) => {
      expect(whyNoFileName(name, 'win32')).toBeUndefined();
    },
  );

  test.each(['linux', 'darwin'])('is fine on %s', (system) => {
    expect(whyNoFileName('con.txt', system)).toBeUndefined();
    expect(whyNoFileName('a:b.txt', system)).toBeUndefined();
  });
});
