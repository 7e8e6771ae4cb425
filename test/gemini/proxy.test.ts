/** Questions that leave through a proxy, from a process that trusts the tests' certificate. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openConnection } from '../../src/network/connection.js';
import { finished, piece } from '../support/answers.js';
import { failureOf, KEY, words } from '../support/ask.js';
import { runProgram } from '../support/child.js';
import { connectProxy, HANG_UP, SILENCE } from '../support/connect-proxy.js';
import { closedPort, fakeGeminiWithTls, json, sse } from '../support/fake-gemini.js';

const CA = fileURLToPath(new URL('../support/tls/ca.pem', import.meta.url));
const GOOGLE = 'generativelanguage.googleapis.com';

const DESCRIBE = `
  import { inspect } from 'node:util';
  import { describeImage, describeImageStream } from './dist/index.js';
  const options = JSON.parse(process.env.OPTIONS);
  const texts = async () => {
    const { text } = await describeImage('fixtures/small.png', options);
    const pieces = [];
    const stream = describeImageStream('fixtures/small.png', options);
    for await (const piece of stream) pieces.push(piece);
    return { text, pieces };
  };
  const result = await texts().catch((error) => ({ error, shown: inspect(error, { depth: 9 }) }));
  console.log(JSON.stringify(result));
`;

/** Describes a picture, whole and streamed, in a process that must end by itself. */
async function describeInChild(
  options: object,
  env: NodeJS.ProcessEnv = { NODE_EXTRA_CA_CERTS: CA },
) {
  const OPTIONS = JSON.stringify({ apiKey: KEY, retries: 0, ...options });
  const { code, stdout, stderr } = await runProgram(DESCRIBE, { ...env, OPTIONS });
  // Nothing but the answer is printed.
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const answers = () =>
  fakeGeminiWithTls(json(finished('A harbor.')), sse(piece('A '), finished('harbor.')));
const described = { text: 'A harbor.', pieces: ['A ', 'harbor.'] };

describe('a proxy', () => {
  test('carries every request to Google, and does not get the key', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const result = await describeInChild({ proxy: { httpsProxy: `http://${proxy.host}` } });
    expect(result).toEqual(described);
    // The second call goes through the tunnel of the first.
    expect(proxy.connects).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]?.headers).toMatchObject({ host: GOOGLE, 'x-goog-api-key': KEY });
    for (const { target, authorization } of proxy.connects) {
      expect({ target, authorization }).toEqual({ target: `${GOOGLE}:443` });
    }
    expect(proxy.connects.length).toBeGreaterThan(0);
  });

  test('may be written without a scheme', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    expect(await describeInChild({ proxy: { httpsProxy: proxy.host } })).toEqual(described);
    expect(proxy.connects.length).toBeGreaterThan(0);
  });

  test('gets user and password, unescaped', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const httpsProxy = `http://us%40er:p%3Ass%20w%C3%B6rd@${proxy.host}`;
    expect(await describeInChild({ proxy: { httpsProxy } })).toEqual(described);
    const credentials = Buffer.from('us@er:p:ss wörd').toString('base64');
    expect(proxy.connects[0]?.authorization).toBe(`Basic ${credentials}`);
  });

  test('gets a password with a lone % as it is', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const httpsProxy = `http://user:100%@${proxy.host}`;
    expect(await describeInChild({ proxy: { httpsProxy } })).toEqual(described);
    const credentials = Buffer.from('user:100%').toString('base64');
    expect(proxy.connects[0]?.authorization).toBe(`Basic ${credentials}`);
  });

  test('gets a user without a password', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const httpsProxy = `http://token@${proxy.host}`;
    expect(await describeInChild({ proxy: { httpsProxy } })).toEqual(described);
    const credentials = Buffer.from('token:').toString('base64');
    expect(proxy.connects[0]?.authorization).toBe(`Basic ${credentials}`);
  });

  test('is not used for hosts in NO_PROXY', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const { url: baseUrl } = server;
    const httpsProxy = `http://${proxy.host}`;
    const result = await describeInChild({ baseUrl, proxy: { httpsProxy, noProxy: 'localhost' } });
    expect(result).toEqual(described);
    expect(proxy.connects).toEqual([]);
  });

  test('is used for hosts that are not in NO_PROXY', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const httpsProxy = `http://${proxy.host}`;
    const options = { proxy: { httpsProxy, noProxy: 'example.com,localhost' } };
    expect(await describeInChild(options)).toEqual(described);
    expect(proxy.connects.length).toBeGreaterThan(0);
  });

  test('is not taken from the environment by the library', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port);
    const result = await describeInChild(
      { baseUrl: server.url },
      { NODE_EXTRA_CA_CERTS: CA, HTTPS_PROXY: `http://${proxy.host}` },
    );
    expect(result).toEqual(described);
    expect(proxy.connects).toEqual([]);
  });
});

describe('a proxy that lets no request through', () => {
  test.each([
    ['wants a password', '407 Proxy Authentication Required', /407/],
    ['forbids the host', '403 Forbidden', /403/],
    ['cannot reach the host', '502 Bad Gateway', /502/],
  ])('because it %s is named, and its password is not', async (_why, refusal, status) => {
    const server = await answers();
    const proxy = await connectProxy(server.port, refusal);
    const httpsProxy = `http://user:s3cr3t@${proxy.host}`;
    const { error, shown } = await describeInChild({ proxy: { httpsProxy } });
    expect(error).toMatchObject({ kind: 'service' });
    expect(shown).toMatch(/GeminiImageError: [^\n]*\bproxy\b/);
    expect(shown).toMatch(status);
    expect(error.hint).toContain('proxy.httpsProxy');
    expect(shown).not.toMatch(/s3cr3t/);
    expect(shown).not.toContain(Buffer.from('user:s3cr3t').toString('base64'));
    expect(server.requests).toEqual([]);
  });

  test('because it is silent times out, and leaves nothing open', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port, SILENCE);
    const options = { proxy: { httpsProxy: `http://${proxy.host}` }, timeoutMs: 300 };
    const { error, shown } = await describeInChild(options);
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(shown).toContain('no answer within 0.3 s');
  });

  test('because it hangs up is a network error', async () => {
    const server = await answers();
    const proxy = await connectProxy(server.port, HANG_UP);
    const httpsProxy = `http://user:s3cr3t@${proxy.host}`;
    const { error, shown } = await describeInChild({ proxy: { httpsProxy } });
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(shown).toContain('ECONNRESET');
    expect(shown).not.toMatch(/s3cr3t/);
  });

  test('because nobody listens is a network error', async () => {
    const port = await closedPort();
    const { error, shown } = await describeInChild({
      proxy: { httpsProxy: `http://user:s3cr3t@127.0.0.1:${port}` },
    });
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(shown).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
    expect(shown).not.toMatch(/s3cr3t/);
  });

  test.each([
    'socks5://user:s3cr3t@127.0.0.1:1080',
    'http://',
    'http://user:s3cr3t@host:notaport',
    ':::s3cr3t',
    'http://s3cr3t#x:pass@proxy.example:3128',
    'http://user:s3cr3t#x@proxy.example:3128',
    'user:s3cr3t#x@proxy.example:3128',
    'http://domain\\s3cr3t:pass@proxy.example',
    'http://s3cr3t/x:pass@proxy.example',
    'http://s3cr3t?x:pass@proxy.example',
    'http://s3cr3t\tx@proxy.example',
    'http:\\\\s3cr3t',
  ])('because it is not a proxy at all: %s', async (httpsProxy) => {
    const error = await failureOf(
      (async () => openConnection(`https://${GOOGLE}`, { httpsProxy }))(),
    );
    expect(error).toMatchObject({ kind: 'usage' });
    expect(error.message).toContain('HTTPS_PROXY');
    expect(words(error)).not.toMatch(/s3cr3t/);
  });
});

test.each([
  ['http://user#1:s3cr3t@proxy:1', 'has a # in its user or password', '%23'],
  ['domain\\user:s3cr3t@proxy:1', 'has a \\ in its user or password', '%5C'],
  ['socks5h://proxy:1', 'is a SOCKS proxy', 'http://host:port'],
])('the fault of %s is named', async (httpsProxy, why, way) => {
  const error = await failureOf(
    (async () => openConnection(`https://${GOOGLE}`, { httpsProxy }))(),
  );
  expect(error.message).toContain(`HTTPS_PROXY ${why}`);
  expect(error.hint).toContain(way);
});

test.each([
  ['NTLM\r\nProxy-Authenticate: Negotiate', /NTLM, which is not spoken here/, /cntlm/],
  ['Negotiate', /Negotiate, which is not spoken here/, /cntlm/],
  ['Basic realm="ntlm"\r\nProxy-Authenticate: NTLM', /refused to connect/, /user and password/],
])('a proxy that wants %j', async (ways, what, way) => {
  const refusal = `407 Proxy Authentication Required\r\nProxy-Authenticate: ${ways}`;
  const proxy = await connectProxy(await closedPort(), refusal);
  const { error, shown } = await describeInChild({ proxy: { httpsProxy: proxy.host } });
  expect(error).toMatchObject({ kind: 'service', retryable: false });
  expect(shown).toMatch(what);
  expect(error.hint).toMatch(way);
});

test('an untrusted certificate is an error with advice, and is not retried', async () => {
  const server = await answers();
  const { error, shown } = await describeInChild({ baseUrl: server.url, retries: 2 }, {});
  expect(error).toMatchObject({ kind: 'service', retryable: false });
  expect(shown).toMatch(/certificate is not trusted/);
  expect(shown).not.toMatch(/attempts/);
  expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
  expect(server.requests).toEqual([]);
});
