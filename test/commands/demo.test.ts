import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { KEY, sendJson, serve } from '../support/scripted-server.js';

test('demo describes the harbour by the emulator, and says so', async () => {
  const { code, stdout, stderr } = await runInProcess(['demo'], { cwd: temporaryFolder() });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\[offline\] A JPEG picture of 1280 × 853 pixels, [^\n]+\n$/);
  expect(stderr).toContain('harbor.jpg\n');
  expect(stderr).toContain('offline: answered by the built-in emulator, not by Gemini\n');
  expect(stderr).toContain('gemini-image describe photo.jpg --offline');
});

test('demo asks nobody else, whatever is set here', async () => {
  const server = await serve((response) => sendJson(response, 500, {}));
  const env = {
    GEMINI_API_KEY: KEY,
    GOOGLE_GEMINI_BASE_URL: server.url,
    GEMINI_IMAGE_MODEL: 'no model at all',
    HTTPS_PROXY: 'socks5://nobody',
  };
  const { code, stdout } = await runInProcess(['demo', '-q'], { cwd: temporaryFolder(), env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\[offline\]/);
  expect(server.requests).toEqual([]);
});

test('the picture of the demo ships with the package', () => {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(files).toContain('fixtures/harbor.jpg');
});
