import { expect, test } from 'vitest';
import { bypassesProxy } from '../../src/network/connection.js';

const GOOGLE = 'https://generativelanguage.googleapis.com';

test.each([
  [GOOGLE, 'generativelanguage.googleapis.com', true],
  [GOOGLE, 'GenerativeLanguage.GoogleApis.com', true],
  [GOOGLE, 'googleapis.com', true],
  [GOOGLE, '.googleapis.com', true],
  [GOOGLE, '*.googleapis.com', true],
  [GOOGLE, 'example.com, googleapis.com', true],
  [GOOGLE, 'example.com googleapis.com', true],
  [GOOGLE, ' , ,googleapis.com,', true],
  [GOOGLE, 'googleapis.com:443', true],
  [GOOGLE, '*', true],
  [GOOGLE, 'localhost,*', true],
  [GOOGLE, '', false],
  [GOOGLE, ' , ', false],
  [GOOGLE, 'apis.com', false],
  [GOOGLE, 'googleapis.com.evil', false],
  [GOOGLE, 'googleapis.com:8443', false],
  [GOOGLE, 'other.googleapis.com', false],
  [GOOGLE, 'localhost,127.0.0.1', false],
  ['https://gateway.example:8443/x', 'gateway.example:8443', true],
  ['https://gateway.example:8443/x', 'gateway.example:443', false],
  ['https://10.0.0.1', '10.0.0.1', true],
])('%s with NO_PROXY=%j: direct is %j', (url, noProxy, direct) => {
  expect(bypassesProxy(url, noProxy)).toBe(direct);
});
