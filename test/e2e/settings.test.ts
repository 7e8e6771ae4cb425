import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shell } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failing, KEY, saying } from '../support/scripted-server.js';

interface World {
  dotenv?: string;
  env?: Record<string, string>;
  args?: string[];
  prepare?: (folder: string) => void;
}

/** Describes a picture in a folder of its own and tells what arrived at the server. */
async function ask({ dotenv, env = {}, args = [], prepare }: World) {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  if (dotenv !== undefined) writeFileSync(join(cwd, '.env'), dotenv);
  prepare?.(cwd);
  const server = await saying('A boat.');
  const result = await runInProcess(['describe', 'a.png', ...args], {
    cwd,
    env: { GOOGLE_GEMINI_BASE_URL: server.url, ...env },
  });
  const [request] = server.requests;
  return {
    ...result,
    calls: server.requests.length,
    key: request?.headers['x-goog-api-key'],
    model: /models\/([^:]+)/.exec(request?.url ?? '')?.[1],
    url: request?.url,
  };
}

describe('the key', () => {
  test('comes from GEMINI_API_KEY, and is sent in one header only', async () => {
    const { code, key, url } = await ask({ env: { GEMINI_API_KEY: KEY } });
    expect({ code, key }).toEqual({ code: 0, key: KEY });
    expect(url).not.toContain(KEY);
  });

  test('GOOGLE_API_KEY wins', async () => {
    const env = { GEMINI_API_KEY: 'test-key-gemini', GOOGLE_API_KEY: 'test-key-google' };
    expect(await ask({ env })).toMatchObject({ key: 'test-key-google', stderr: '' });
  });

  test('a variable set to nothing counts as not set', async () => {
    const env = { GEMINI_API_KEY: KEY, GOOGLE_API_KEY: ' ' };
    expect(await ask({ env })).toMatchObject({ key: KEY });
  });

  test('is stripped of spaces, quotes and a byte order mark', async () => {
    const env = { GEMINI_API_KEY: `\ufeff "${KEY}" \n` };
    expect(await ask({ env })).toMatchObject({ key: KEY });
  });

  test.each(['abc-secret\ndef', 'abc-secret\u0007def'])(
    'is refused without being repeated: %j',
    async (key) => {
      const { code, calls, stdout, stderr } = await ask({ env: { GEMINI_API_KEY: key } });
      expect({ code, calls, stdout }).toEqual({ code: 4, calls: 0, stdout: '' });
      expect(stderr).not.toMatch(/abc-secret|def\b/);
      expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    },
  );

  test('is looked for before anything is sent', async () => {
    const { code, calls, stderr } = await ask({});
    expect({ code, calls }).toEqual({ code: 4, calls: 0 });
    expect(stderr).toContain('--offline');
  });
});

/** A model has its price, and a folder may come from a stranger. */
const MODEL_NOTE =
  'the model is m-1, as .env in this folder says; the default is gemini-3.5-flash-lite\n';

describe('.env in the working folder', () => {
  test('gives the key and the model', async () => {
    const dotenv = `GEMINI_API_KEY=${KEY}\nGEMINI_IMAGE_MODEL=gemini-from-file\n`;
    expect(await ask({ dotenv })).toMatchObject({
      code: 0,
      key: KEY,
      model: 'gemini-from-file',
      stderr: expect.stringContaining(MODEL_NOTE.replace('m-1', 'gemini-from-file')),
    });
  });

  test('may have a byte order mark, quotes, comments, CRLF and "export"', async () => {
    const dotenv = `\ufeffexport GEMINI_API_KEY="${KEY}"\r\n# mine\r\nGEMINI_IMAGE_MODEL='m-1' # x\r\n`;
    expect(await ask({ dotenv })).toMatchObject({
      code: 0,
      key: KEY,
      model: 'm-1',
      stderr: expect.stringContaining(MODEL_NOTE),
    });
  });

  test('cannot send the key elsewhere, and a message says so', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const stranger = await saying('Thank you for the key.');
    writeFileSync(
      join(cwd, '.env'),
      `GOOGLE_GEMINI_BASE_URL=${stranger.url}\nHTTPS_PROXY=${stranger.url}\nhttp_proxy=x\n`,
    );
    const mine = await saying('A boat.');
    const result = await runInProcess(['describe', 'a.png'], { cwd, env: mine.env });
    expect(result).toMatchObject({ code: 0, stdout: 'A boat.\n' });
    expect(result.stderr.trimEnd().split('\n').sort()).toEqual([
      'gemini-image: warning: GOOGLE_GEMINI_BASE_URL in .env is ignored; set it in the environment',
      'gemini-image: warning: HTTPS_PROXY in .env is ignored; set it in the environment',
      'gemini-image: warning: http_proxy in .env is ignored; set it in the environment',
    ]);
    expect(stranger.requests).toHaveLength(0);
  });

  test('has a base URL that is not used, even if no other is given', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const stranger = await saying('Thank you for the key.');
    writeFileSync(join(cwd, '.env'), `GOOGLE_GEMINI_BASE_URL=${stranger.url}\n`);
    const { stdout } = await runInProcess(['describe', 'a.png', '--dry-run'], { cwd });
    expect(JSON.parse(stdout).url).toMatch(/^https:\/\/generativelanguage\.googleapis\.com\//);
  });

  test('may be a folder', async () => {
    const prepare = (folder: string) => mkdirSync(join(folder, '.env'));
    expect(await ask({ prepare, env: { GEMINI_API_KEY: KEY } })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('may be gone together with its folder', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const server = await saying('A boat.');
    const line = 'mkdir gone && cd gone && rmdir ../gone && "$@"';
    const args = ['describe', join(cwd, 'a.png'), '--quiet'];
    const result = await shell(line, args, { cwd, env: server.env });
    expect(result).toMatchObject({ code: 0, stdout: 'A boat.\n', stderr: '' });
  });
});

describe('a key that the service refuses', () => {
  const refuse = async (dotenv: string, env: Record<string, string> = {}) => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    writeFileSync(join(cwd, '.env'), dotenv);
    const server = await failing(400, 'INVALID_ARGUMENT', 'API key not valid.');
    const result = await runInProcess(['describe', 'a.png'], {
      cwd,
      env: { GOOGLE_GEMINI_BASE_URL: server.url, ...env },
    });
    expect(result.code).toBe(4);
    return result.stderr;
  };

  test('is named by its source, and not shown', async () => {
    const stderr = await refuse(`GEMINI_API_KEY=${KEY}\n`);
    expect(stderr).toContain('The key is GEMINI_API_KEY of .env in this folder.');
    expect(stderr).not.toContain(KEY);
  });

  test('is said to hide another one', async () => {
    expect(await refuse(`GEMINI_API_KEY=${KEY}\n`, { GOOGLE_API_KEY: 'old-key' })).toContain(
      'The key is GOOGLE_API_KEY of the environment, which comes before GEMINI_API_KEY of .env',
    );
  });
});

describe('flags win over the environment, which wins over .env', () => {
  const dotenv = 'GEMINI_API_KEY=test-key-file\nGEMINI_IMAGE_MODEL=model-file\n';
  const env = { GEMINI_API_KEY: KEY, GEMINI_IMAGE_MODEL: 'model-env' };

  test('the environment over .env', async () => {
    expect(await ask({ dotenv, env })).toMatchObject({ key: KEY, model: 'model-env' });
  });

  test('any key of the environment over any key of .env', async () => {
    const google = 'GOOGLE_API_KEY=test-key-file\n';
    expect(await ask({ dotenv: google, env })).toMatchObject({ key: KEY });
  });

  test('--model over both', async () => {
    const args = ['-m', 'models/model-flag'];
    expect(await ask({ dotenv, env, args })).toMatchObject({ model: 'model-flag' });
  });

  test('--base-url over GOOGLE_GEMINI_BASE_URL, and a path in it is kept', async () => {
    const gateway = await saying('From the gateway.');
    const args = ['--base-url', `${gateway.url}/v9/`];
    const { stdout, calls } = await ask({ env, args });
    expect({ stdout, calls }).toEqual({ stdout: 'From the gateway.\n', calls: 0 });
    expect(gateway.requests[0]?.url).toMatch(/^\/v9\/v1beta\/models\/model-env:generateContent/);
  });
});

test('no other environment variable is needed', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const line = 'exec env -i "$@"';
  const result = await shell(line, ['describe', 'a.png', '--offline', '-q'], { cwd });
  expect(result).toMatchObject({ code: 0, stderr: '' });
});
