import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sentencesOf } from '../../src/cli/reporter.js';
import { findKey, resolveSettings } from '../../src/cli/settings.js';
import { DEFAULT_MODEL } from '../../src/gemini/models.js';

const KEY = 'test-key-0123456789';

describe('the model', () => {
  const model = (...[flags, env, file]: Partial<Parameters<typeof resolveSettings>>) =>
    resolveSettings(flags ?? {}, env ?? {}, file ?? {}).model;

  test('flag, environment, .env, default: the strongest one wins', () => {
    const flag = { model: 'flag' };
    const env = { GEMINI_IMAGE_MODEL: 'env' };
    const file = { GEMINI_IMAGE_MODEL: 'file' };
    expect(model(flag, env, file)).toBe('flag');
    expect(model({}, env, file)).toBe('env');
    expect(model({}, {}, file)).toBe('file');
    expect(model()).toBe(DEFAULT_MODEL);
  });

  test('is known with the place that chose it', () => {
    const from = (flags: object, env: object, file: object) =>
      resolveSettings(flags, { ...env }, file).modelFrom?.kind;
    const file = { GEMINI_IMAGE_MODEL: 'dear' };
    expect(from({}, {}, file)).toBe('env file');
    expect(from({ model: 'flag' }, {}, file)).toBe('flag');
    expect(from({}, { GEMINI_IMAGE_MODEL: 'env' }, file)).toBe('environment');
    expect(from({}, {}, {})).toBe('default');
    const said = sentencesOf({ type: 'modelFromFile', model: 'dear', file: '.env in this folder' });
    expect(said[0]?.text).toMatch(/^the model is dear, as \.env .*the default is /);
  });

  test('a variable that is set to nothing counts as not set', () => {
    expect(model({}, { GEMINI_IMAGE_MODEL: ' ' }, { GEMINI_IMAGE_MODEL: 'file' })).toBe('file');
    expect(model({}, { GEMINI_IMAGE_MODEL: '' }, { GEMINI_IMAGE_MODEL: '' })).toBe(DEFAULT_MODEL);
  });

  test.each(['', 'a/b', '../a', 'a?b', 'a:b', 'a b', 'a\nb'])('%j is not a valid name', (name) => {
    expect(() => model({ model: name })).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('the key', () => {
  const key = (...[env, file]: [env?: object, file?: object]) =>
    resolveSettings({}, { ...env }, { ...file }).apiKey();

  test('GOOGLE_API_KEY before GEMINI_API_KEY, the environment before .env', async () => {
    const both = (place: string) => ({
      GOOGLE_API_KEY: `google-${place}`,
      GEMINI_API_KEY: `gemini-${place}`,
    });
    expect(await key(both('env'), both('file'))).toBe('google-env');
    expect(await key({ GEMINI_API_KEY: 'gemini-env' }, both('file'))).toBe('gemini-env');
    expect(await key({}, both('file'))).toBe('google-file');
    expect(await key({}, { GEMINI_API_KEY: 'gemini-file' })).toBe('gemini-file');
  });

  test.each([KEY, ` ${KEY}\n`, `"${KEY}"`, `'${KEY}'`, `\ufeff${KEY}`])(
    '%j is stripped',
    async (raw) => {
      expect(await key({ GEMINI_API_KEY: raw })).toBe(KEY);
    },
  );

  test('who has set up Vertex AI is told that it is another service', () => {
    const hintFor = (env: object) => {
      try {
        findKey({ ...env }, {});
      } catch (error) {
        return Object(error).hint;
      }
    };
    expect(hintFor({ GOOGLE_CLOUD_PROJECT: 'shop' })).toMatch(
      /--offline.*\nGOOGLE_CLOUD_PROJECT is for Vertex AI and is not read here: .* takes a key\.$/,
    );
    const both = { GOOGLE_GENAI_USE_VERTEXAI: 'true', GOOGLE_CLOUD_PROJECT: 'shop' };
    expect(hintFor(both)).toMatch(/\nGOOGLE_GENAI_USE_VERTEXAI, GOOGLE_CLOUD_PROJECT are for /);
    expect(hintFor({})).not.toMatch(/Vertex/);
  });

  test('without a key, the error says how to get one, and mentions --offline', async () => {
    const hint = expect.stringMatching(/aistudio\.google\.com\/apikey.*GEMINI_API_KEY.*--offline/);
    for (const env of [{}, { GEMINI_API_KEY: '' }, { GOOGLE_API_KEY: '""' }]) {
      await expect(key(env)).rejects.toThrow(expect.objectContaining({ kind: 'auth', hint }));
    }
  });

  test.each([
    ['nothing', {}, 'no API key is set'],
    ['a file', { found: 'a file' }, 'neither GEMINI_API_KEY nor GOOGLE_API_KEY'],
    ['a folder', { found: 'a folder' }, '.env in this folder is a folder'],
    ['an ignored file', { found: 'a file that is ignored' }, '.env in this folder is ignored'],
  ] as const)('where .env is %s, the error says so', async (_, file, words) => {
    await expect(key({}, file)).rejects.toThrow(words);
  });

  test.each([
    [{ GEMINI_API_KEY: 'a' }, {}, 'GEMINI_API_KEY of the environment'],
    [{ GEMINI_API_KEY: ' ' }, { GEMINI_API_KEY: 'b' }, 'GEMINI_API_KEY of .env in this folder'],
    [{ GEMINI_API_KEY: 'a', GOOGLE_API_KEY: '"a"' }, {}, 'GOOGLE_API_KEY of the environment'],
    [
      { GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b' },
      { GEMINI_API_KEY: 'c' },
      'GOOGLE_API_KEY of the environment, which comes before GEMINI_API_KEY of the environment',
    ],
  ])('%j and %j in .env: the source of the key is known', (env, file, from) => {
    expect(findKey(env, file).from).toBe(from);
  });

  test('an impossible one is named by its source', async () => {
    const message = expect.stringMatching(/GEMINI_API_KEY of \.env in this folder/);
    await expect(key({}, { GEMINI_API_KEY: 'a b' })).rejects.toThrow(
      expect.objectContaining({ message }),
    );
  });

  test('a command that prints it comes before .env, and after keys of the environment', async () => {
    const env = { GEMINI_API_KEY_CMD: 'pass show gemini' };
    const settings = (more: object, file: object) =>
      resolveSettings({}, { ...env, ...more }, file, async (command) => `key of ${command}`);
    expect(await settings({}, { GEMINI_API_KEY: 'file' }).apiKey()).toBe('key of pass show gemini');
    expect(await settings({ GOOGLE_API_KEY: 'env' }, {}).apiKey()).toBe('env');
    expect(findKey({ ...env, GOOGLE_API_KEY: 'env' }, {}).from).toBe(
      'GOOGLE_API_KEY of the environment, which comes before GEMINI_API_KEY_CMD of the environment',
    );
    expect(await settings({ GEMINI_API_KEY_CMD: ' ' }, { GEMINI_API_KEY: 'f' }).apiKey()).toBe('f');
  });

  test('is only looked for when it is needed', () => {
    expect(() => resolveSettings({}, { GEMINI_API_KEY: 'a\nb' }, {})).not.toThrow();
  });
});

describe('the base URL', () => {
  const baseUrl = (flag?: string, env?: string) =>
    resolveSettings(
      flag === undefined ? {} : { baseUrl: flag },
      { GOOGLE_GEMINI_BASE_URL: env },
      {},
    ).baseUrl();

  test('flag, environment, default', () => {
    expect(baseUrl('https://flag.example/', 'https://env.example')).toBe('https://flag.example');
    expect(baseUrl(undefined, 'https://env.example/v1/')).toBe('https://env.example/v1');
    expect(baseUrl(undefined, '')).toBe('https://generativelanguage.googleapis.com');
  });

  test('is only checked when it is needed', () => {
    const env = { GOOGLE_GEMINI_BASE_URL: 'http://example.com' };
    expect(() => resolveSettings({}, env, {})).not.toThrow();
    expect(() => baseUrl('http://example.com')).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('the proxy', () => {
  const proxy = (env: Record<string, string>) => resolveSettings({}, env, {}).proxy;

  test('is HTTPS_PROXY with NO_PROXY, in either spelling', () => {
    expect(proxy({})).toBeUndefined();
    expect(proxy({ HTTPS_PROXY: '' })).toBeUndefined();
    expect(proxy({ HTTP_PROXY: 'http://p', ALL_PROXY: 'http://p' })).toBeUndefined();
    expect(proxy({ HTTPS_PROXY: 'http://p', NO_PROXY: 'a,b' })).toEqual({
      httpsProxy: 'http://p',
      noProxy: 'a,b',
    });
    expect(proxy({ https_proxy: 'http://p', no_proxy: 'c' })).toEqual({
      httpsProxy: 'http://p',
      noProxy: 'c',
    });
  });
});

test.each([
  [{}, undefined],
  [{ ALL_PROXY: 'socks5://p' }, 'ALL_PROXY'],
  [{ all_proxy: 'http://p' }, 'all_proxy'],
  [{ ALL_PROXY: 'http://p', https_proxy: 'http://q' }, undefined],
  [{ ALL_PROXY: ' ' }, undefined],
])('a proxy variable that is not read is reported: %j', (env, name) => {
  expect(resolveSettings({}, env, {}).unreadProxy).toBe(name);
});

describe('the cache folder', () => {
  const cacheFolder = (home: string) => {
    vi.stubEnv('XDG_CACHE_HOME', home);
    onTestFinished(() => void vi.unstubAllEnvs());
    return resolveSettings({}, {}, {}).cacheFolder();
  };

  test.runIf(process.platform === 'linux')('is where the system keeps caches', async () => {
    expect(await cacheFolder('/somewhere/caches')).toBe('/somewhere/caches/gemini-image');
    expect(await cacheFolder('')).toBe(join(homedir(), '.cache', 'gemini-image'));
  });

  test.runIf(process.platform === 'linux')('is never below the working folder', async () => {
    for (const home of ['caches', '.', relative('.', '/somewhere')]) {
      await expect(cacheFolder(home)).rejects.toMatchObject({
        kind: 'usage',
        hint: expect.stringContaining('XDG_CACHE_HOME'),
      });
    }
  });
});
