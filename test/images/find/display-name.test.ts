import { expect, test } from 'vitest';
import { displayName } from '../../../src/images/find/reference.js';

test.each([
  ['https://host.example/a/b.jpg', 'https://host.example/a/b.jpg'],
  ['https://host.example/a.jpg?key=s3cr3t', 'https://host.example/a.jpg'],
  ['https://host.example/a.jpg#s3cr3t?x', 'https://host.example/a.jpg'],
  ['https://host.example?s3cr3t', 'https://host.example'],
  ['HTTP://host.example/A.JPG?s3cr3t', 'HTTP://host.example/A.JPG'],
  ['https://user:s3cr3t@host.example/a.jpg', 'https://host.example/a.jpg'],
  ['https://s3cr3t@host.example:8443/a.jpg?s3cr3t', 'https://host.example:8443/a.jpg'],
  ['https://us@er:s3cr3t@host.example/@me/a@2x.jpg', 'https://host.example/@me/a@2x.jpg'],
  ['https:\\\\user:s3cr3t@host.example\\a.jpg?s3cr3t', 'https:\\\\host.example\\a.jpg'],
  // No URL: a port that is none.
  ['https://user:s3/cr3t@host.example/a.jpg', 'https://host.example/a.jpg'],
  ['https://user:s3?cr3t@host.example/a.jpg?s3cr3t', 'https://host.example/a.jpg'],
  ['https://host.example:99999/a.jpg?key=s3cr3t', 'https://host.example:99999/a.jpg'],
  ['https://[/a.jpg?s3cr3t\ns3cr3t', 'https://[/a.jpg'],
])('%j is shown as %j', (name, shown) => {
  expect(displayName(name)).toBe(shown);
});

test.each([
  '',
  '-',
  'photo.jpg',
  'what?.jpg',
  'a#1@2x.png',
  'https',
  'docs/https://x?y',
  'C:\\a?b',
])('%j is no URL, and stays as it is', (name) => {
  expect(displayName(name)).toBe(name);
});
