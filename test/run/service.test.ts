import { expect, test } from 'vitest';
import { resolveSettings } from '../../src/cli/settings.js';
import { openService } from '../../src/run/service.js';
import { listening } from '../support/said.js';

/** What is warned of before anything is asked. */
async function warnings(env: Record<string, string>, baseUrl = 'https://gemini.example') {
  const said: string[] = [];
  await openService(false, resolveSettings({ baseUrl }, { GEMINI_API_KEY: 'k', ...env }, {}), {
    tell: listening((text) => said.push(text)),
  });
  return said;
}

test('a proxy variable that is not read is named if it may have been meant', async () => {
  const all = { ALL_PROXY: 'socks5://user:s3cret@proxy.example' };
  expect(await warnings(all)).toEqual([
    'ALL_PROXY is not read; set HTTPS_PROXY to go through a proxy',
  ]);
  expect(await warnings({ ...all, HTTPS_PROXY: 'http://proxy.example' })).toEqual([]);
  expect(await warnings(all, 'http://127.0.0.1:1')).toEqual([]);
});
