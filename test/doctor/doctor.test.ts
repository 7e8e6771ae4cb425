import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { closedPort } from '../support/fake-gemini.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failing, sendJson, serve } from '../support/scripted-server.js';

const SECRET = 'AQ.0123456789abcdefghijklmnop';
const NOW = new Date('2026-11-28T12:00:00Z');

async function emulator() {
  const { url, close } = await startEmulator();
  onTestFinished(() => close());
  return url;
}

/** What doctor says of a machine with these variables, by what it looks at. */
async function examined(
  env: Record<string, string>,
  args: readonly string[] = [],
  cwd = temporaryFolder(),
) {
  const { code, stdout, stderr } = await runInProcess(['doctor', '-f', 'json', ...args], {
    env,
    cwd,
    today: NOW,
  });
  expect(stdout + stderr).not.toContain(SECRET);
  const { ok, checks } = JSON.parse(stdout);
  const of = (check: string) =>
    checks
      .filter((one: { check: string }) => one.check === check)
      .map((one: { state: string; found: string }) => `${one.state}: ${one.found}`)
      .join('\n');
  return { code, ok, of, stdout };
}

test('where all is well, each line says so, on one screen, and the code is 0', async () => {
  const env = { GEMINI_API_KEY: SECRET, GOOGLE_GEMINI_BASE_URL: await emulator() };
  const { code, stdout } = await runInProcess(['doctor'], {
    env,
    cwd: temporaryFolder(),
    today: NOW,
  });
  expect(code).toBe(0);
  expect(stdout).not.toContain(SECRET);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.every((line) => /^[✓!] /.test(line))).toBe(true);
  expect(stdout).toMatch(/✓ key +GEMINI_API_KEY of the environment; a key of the new kind/);
  expect(stdout).toMatch(/✓ service +it accepts the key, and lists \d+ models/);
  expect(stdout).toMatch(/✓ model +gemini-3\.5-flash-lite, the default: stable/);
  expect(stdout).toMatch(/✓ clock /);
});

test('on a narrow terminal, texts are wrapped in their column; in a pipe they stay whole', async () => {
  const on = (columns?: number) =>
    runInProcess(['doctor', '--offline', '-m', 'gemini-3.8-flsh'], {
      cwd: temporaryFolder(),
      today: NOW,
      ...(columns && { columns }),
    });
  const narrow = (await on(60)).stdout.trimEnd().split('\n');
  // A path is never broken.
  expect(narrow.filter((line) => line.length > 60 && !line.includes('/'))).toEqual([]);
  expect(narrow.filter((line) => !/^(?:[✓!] \S| {16}\S)/.test(line))).toEqual([]);
  const { stdout } = await on();
  expect(stdout).toMatch(/\n {16}Perhaps gemini-3\.8-flash.* lists what there is\.\n/);
});

test('a cache that cannot be written is told', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'file'), '');
  const { of } = await examined({ XDG_CACHE_HOME: join(cwd, 'file') }, ['--offline'], cwd);
  expect(of('cache')).toMatch(/^warning: /);
});

test.skipIf(process.getuid?.() === 0)('so is one in a folder of somebody else', async () => {
  const cwd = temporaryFolder();
  chmodSync(cwd, 0o555);
  const { of } = await examined({ XDG_CACHE_HOME: join(cwd, 'new') }, ['--offline']);
  expect(of('cache')).toMatch(/^warning: .* cannot be written: /);
});

describe('the exit code is that of a run that would fail', () => {
  test('4 without a key', async () => {
    const { code, ok, of } = await examined({ GOOGLE_GEMINI_BASE_URL: await emulator() });
    expect(code).toBe(4);
    expect(ok).toBe(false);
    expect(of('key')).toBe('failed: no API key is set');
    expect(of('service')).toContain('warning: not asked');
  });

  test('4 for a key that is refused', async () => {
    const server = await failing(403, 'PERMISSION_DENIED', 'no');
    const env = { GOOGLE_API_KEY: SECRET, GOOGLE_GEMINI_BASE_URL: server.url };
    const { code, of } = await examined(env);
    expect(code).toBe(4);
    expect(of('key')).toContain('ok: GOOGLE_API_KEY of the environment');
    expect(of('service')).toContain('failed: the API key is not allowed to do this (403)');
  });

  test('6 where nobody answers', async () => {
    const env = {
      GEMINI_API_KEY: SECRET,
      GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${await closedPort()}`,
    };
    const { code, of } = await examined(env);
    expect(code).toBe(6);
    expect(of('service')).toContain('ECONNREFUSED');
  });

  test('2 for a proxy that cannot be read; its password is not shown', async () => {
    const env = { GEMINI_API_KEY: SECRET, HTTPS_PROXY: 'http://me:hush#hush@proxy.example:1' };
    const { code, of, stdout } = await examined(env);
    expect(code).toBe(2);
    expect(of('proxy')).toBe('failed: HTTPS_PROXY has a # in its user or password');
    expect(stdout).toContain('%23');
    expect(stdout).not.toContain('hush');
  });

  test('0 with --offline, which needs no key and asks nobody', async () => {
    const server = await serve((response) => sendJson(response, 500, {}));
    const { code, of } = await examined({ GOOGLE_GEMINI_BASE_URL: server.url }, ['--offline']);
    expect(code).toBe(0);
    expect(of('key')).toBe('warning: no API key is set');
    expect(of('service')).toBe('ok: not asked (--offline)');
    expect(server.requests).toEqual([]);
  });
});

test.each([
  ['gemini-2.0-flash', 2, 'failed: gemini-2.0-flash: retired, answers 404'],
  ['gemini-3.8-flsh', 2, 'failed: gemini-3.8-flsh: the service does not list it for this key'],
  ['gemini-2.5-flash', 0, 'warning: gemini-2.5-flash: only for projects that have used it before'],
  ['gemini-3.7-flash', 0, 'warning: gemini-3.7-flash: gemini-3.8-flash answers, and is billed'],
  ['gemini-3.6-flash', 0, 'warning: gemini-3.6-flash: of the generation before'],
])('the model %s', async (model, expected, found) => {
  const env = { GEMINI_API_KEY: SECRET, GOOGLE_GEMINI_BASE_URL: await emulator() };
  const { code, of } = await examined({ ...env, GEMINI_IMAGE_MODEL: model });
  expect(code).toBe(expected);
  expect(of('model')).toContain(found);
});

test('what is set and not read is named', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'corporate.pem');
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
  writeFileSync(
    join(folder, '.env'),
    `GEMINI_API_KEY=${SECRET}\nHTTPS_PROXY=http://evil\nGEMINI_API_KEY_CMD=touch evil\n`,
  );
  const env = {
    ALL_PROXY: 'socks5://127.0.0.1:1',
    NODE_EXTRA_CA_CERTS: file,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    GOOGLE_GENAI_USE_VERTEXAI: 'true',
    GOOGLE_CLOUD_PROJECT: 'mine',
  };
  const { of } = await examined(env, ['--offline'], folder);
  expect(of('proxy')).toContain('warning: ALL_PROXY is not read');
  expect(of('certificates')).toContain(`ok: 1 more from ${file}`);
  expect(of('certificates')).toContain('warning: NODE_TLS_REJECT_UNAUTHORIZED=0');
  expect(of('Vertex AI')).toContain('GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_CLOUD_PROJECT: not read');
  expect(of('.env')).toMatch(/^warning: taken: GEMINI_API_KEY; ignored: /);
  expect(of('.env')).toContain('HTTPS_PROXY');
  expect(of('.env')).toContain('GEMINI_API_KEY_CMD');
  expect(of('key')).toContain('ok: GEMINI_API_KEY of .env in this folder');
});

test('a proxy is shown without its password, and NO_PROXY with what it does', async () => {
  const env = { HTTPS_PROXY: 'http://me:hush@proxy.example:3128', SSL_CERT_FILE: '/x.pem' };
  const { of, stdout } = await examined(env, ['--offline']);
  expect(of('proxy')).toBe(
    'ok: http://proxy.example:3128, with user and password (Basic; not NTLM)',
  );
  expect(of('certificates')).toBe('warning: SSL_CERT_FILE is not read');
  expect(stdout).not.toContain('hush');
  const without = await examined({ ...env, NO_PROXY: '.googleapis.com' }, ['--offline']);
  expect(without.of('proxy')).toContain('NO_PROXY goes without it to');
});

test('a clock that is wrong by hours is told', async () => {
  const models = { models: [{ name: 'models/gemini-3.5-flash-lite' }] };
  const server = await serve((response) => {
    response.setHeader('date', new Date(Date.now() - 2 * 3_600_000).toUTCString());
    sendJson(response, 200, models);
  });
  const { of } = await examined({ GEMINI_API_KEY: SECRET, GOOGLE_GEMINI_BASE_URL: server.url });
  expect(of('clock')).toMatch(/warning: 2 h.* ahead of that of the service/);
});
