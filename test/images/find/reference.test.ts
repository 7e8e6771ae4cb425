import { describe, expect, test } from 'vitest';
import { fileNamed, referenceTo, withoutRoot } from '../../../src/images/find/reference.js';

const SIGNED = 'https://me:pass@example.com/a.jpg?sig=secret#top';

describe('a picture is known, read and shown by names of their own', () => {
  test('an address is kept and fetched in full, and shown without what may hold a secret', () => {
    expect(referenceTo(SIGNED)).toEqual({
      kind: 'url',
      id: SIGNED,
      source: SIGNED,
      label: 'https://example.com/a.jpg',
    });
  });

  test('a file URL is a path like any other', () => {
    const { kind, id, source, label } = referenceTo('file:///photos/a%20b.jpg');
    expect([kind, id, source, label]).toEqual(['file', ...Array(3).fill('/photos/a b.jpg')]);
  });

  test('standard input is -, and a file of that name is ./-', () => {
    expect(referenceTo('-')).toEqual({ kind: 'stdin', id: '-', source: '-', label: '-' });
    expect(fileNamed('-', '-')).toMatchObject({ kind: 'file', id: './-', source: './-' });
  });

  test('what only looks like an address is a file, and still shown without a password', () => {
    const { kind, source, label } = referenceTo('http:\\\\me:pass@example.com\\a.jpg');
    expect(kind).toBe('file');
    expect(source).toContain('pass');
    expect(label).not.toContain('pass');
  });
});

test.each([
  ['/photos/a.jpg', '/', 'photos/a.jpg'],
  ['./a.jpg', '/', 'a.jpg'],
  ['C:/photos/a.jpg', '\\', 'photos/a.jpg'],
  ['c:a.jpg', '\\', 'a.jpg'],
  ['//server/share/a.jpg', '\\', 'server/share/a.jpg'],
  ['C:/odd but fine/a.jpg', '/', 'C:/odd but fine/a.jpg'],
])(
  'a path of a list, %s, has below its root, with %s between folders, %s',
  (path, separator, below) => {
    expect(withoutRoot(path, separator)).toBe(below);
  },
);
