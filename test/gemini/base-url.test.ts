import { describe, expect, test } from 'vitest';
import { DEFAULT_BASE_URL, parseBaseUrl } from '../../src/gemini/base-url.js';
import { requestUrl } from '../../src/gemini/request.js';
import { failureOf } from '../support/ask.js';

describe('a base URL is taken', () => {
  test.each([
    [DEFAULT_BASE_URL, DEFAULT_BASE_URL],
    ['https://example.com/', 'https://example.com'],
    ['https://example.com///', 'https://example.com'],
    ['https://example.com/gateway/', 'https://example.com/gateway'],
    ['https://EXAMPLE.com:8443/a/b', 'https://example.com:8443/a/b'],
    [' https://example.com\n', 'https://example.com'],
    ['https://example.com/?', 'https://example.com'],
    ['https://example.com/gateway#', 'https://example.com/gateway'],
    ['https://example.com/v1beta', 'https://example.com'],
    ['https://example.com/v1beta//', 'https://example.com'],
    ['https://example.com/gateway/v1beta/', 'https://example.com/gateway'],
    ['https://example.com/v1beta/gateway', 'https://example.com/v1beta/gateway'],
    ['https://example.com/my-v1beta', 'https://example.com/my-v1beta'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://LOCALHOST', 'http://localhost'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1'],
    ['http://127.255.0.9', 'http://127.255.0.9'],
    ['http://[::1]:8080/x', 'http://[::1]:8080/x'],
  ])('%j', (raw, url) => {
    expect(parseBaseUrl(raw)).toBe(url);
  });
});

describe('a base URL is refused as a usage error if it', () => {
  test.each([
    ['is empty', ''],
    ['has no scheme', 'example.com'],
    ['has no slash behind its scheme', 'https:example.com'],
    ['has one slash', 'https:/example.com'],
    ['has three slashes', 'https:///example.com'],
    ['has backslashes for slashes', 'https:\\\\example.com'],
    ['holds a backslash', 'https://example.com\\@127.0.0.1'],
    ['holds a line break', 'https://exam\nple.com'],
    ['holds a blank', 'https://example.com/a b'],
    ['has another scheme', 'ftp://example.com'],
    ['is a file', 'file:///etc/passwd'],
    ['sends the key in clear text', 'http://example.com'],
    ['sends the key in clear text to a private network', 'http://192.168.0.1'],
    ['only begins like loopback', 'http://127.0.0.1.example.com'],
    ['only begins like localhost', 'http://localhost.example.com'],
    ['only ends like localhost', 'http://evil-localhost'],
    ['hides its host behind a user', 'http://127.0.0.1@example.com'],
    ['is any address', 'http://0.0.0.0'],
    ['holds a user', 'https://user@example.com'],
    ['holds a password', 'https://:secret@example.com'],
    ['holds a query', 'https://example.com/?key=secret'],
    ['holds a fragment', 'https://example.com/#secret'],
  ])('%s', async (_what, raw) => {
    const error = await failureOf((async () => parseBaseUrl(raw))());
    expect(error).toMatchObject({ kind: 'usage', retryable: false });
    expect(error.message).not.toContain('secret');
    expect(error.hint).toContain('--base-url');
  });
});

test('a request goes below the base URL', () => {
  const base = parseBaseUrl('https://example.com/gateway/');
  expect(requestUrl(base, 'gemini-x', false)).toBe(
    'https://example.com/gateway/v1beta/models/gemini-x:generateContent',
  );
  expect(requestUrl(base, 'gemini-x', true)).toBe(
    'https://example.com/gateway/v1beta/models/gemini-x:streamGenerateContent?alt=sse',
  );
});
