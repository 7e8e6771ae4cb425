/** Pictures that come through a proxy, in a process that trusts the tests' certificate. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../support/child.js';
import { connectProxy, SILENCE } from '../../support/connect-proxy.js';
import { fakeGeminiWithTls, listenOnLoopback } from '../../support/fake-gemini.js';
import { BYTES, fetchFrom, fetchInVain, names, picture } from './fetching.js';

const CA = fileURLToPath(new URL('../../support/tls/ca.pem', import.meta.url));
const HOST = 'generativelanguage.googleapis.com';
const PUBLIC = '8.8.8.8';

/** Fetches in a process that must end by itself. */
async function fetchInChild(
  options: object,
  addresses: readonly string[],
  url = `https://${HOST}`,
) {
  const OPTIONS = JSON.stringify({ maxBytes: 100, timeoutMs: 60_000, retries: 0, ...options });
  const source = `
    import { fetchImage } from './compiled/images/web/fetch-image.js';
    const asked = [];
    const lookup = async (name) => {
      asked.push(name);
      return ${JSON.stringify(addresses)}.map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }));
    };
    const options = { userAgent: 'x', lookup, ...JSON.parse(process.env.OPTIONS) };
    const result = await fetchImage('${url}/a.png?x', options).then(
      (bytes) => ({ bytes: [...bytes] }),
      ({ kind, message, hint }) => ({ kind, message, hint }),
    );
    console.log(JSON.stringify({ ...result, asked }));
  `;
  const { code, stdout, stderr } = await runProgram(source, { NODE_EXTRA_CA_CERTS: CA, OPTIONS });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A server with TLS that remembers which names it was called by. */
async function namedServer() {
  const called: unknown[] = [];
  const file = (name: string) =>
    readFileSync(new URL(`../../support/tls/${name}`, import.meta.url));
  const tls = { key: file('server-key.pem'), cert: file('server.pem') };
  const server = createServer(tls, (request, response) => {
    called.push(request.headers.host);
    response.end(BYTES);
  });
  server.on('secureConnection', ({ servername }) => called.push(servername));
  return { port: await listenOnLoopback(server), called };
}

describe('a proxy', () => {
  test.each([
    [[PUBLIC], `${PUBLIC}:443`],
    [['2606:4700:4700::1111', PUBLIC], `${PUBLIC}:443`],
    [['2606:4700:4700::1111'], '[2606:4700:4700::1111]:443'],
  ])('is asked for the address that was checked, of %j', async (addresses, target) => {
    const server = await namedServer();
    const { host, connects } = await connectProxy(server.port);
    const result = await fetchInChild(
      { allowPrivateHosts: false, proxy: { httpsProxy: `http://user:pass@${host}` } },
      addresses,
    );
    expect(result).toEqual({ bytes: [...BYTES], asked: [HOST] });
    expect(connects).toEqual([{ target, authorization: expect.stringMatching(/^Basic /) }]);
    // TLS and the request keep the name.
    expect(server.called).toEqual([HOST, HOST]);
  });

  test('is asked for the name if private hosts are allowed', async () => {
    const server = await namedServer();
    const { host, connects } = await connectProxy(server.port);
    const options = { allowPrivateHosts: true, proxy: { httpsProxy: host } };
    expect(await fetchInChild(options, [])).toEqual({ bytes: [...BYTES], asked: [] });
    expect(connects).toMatchObject([{ target: `${HOST}:443` }]);
  });

  test('is left aside for hosts in NO_PROXY', async () => {
    const server = await namedServer();
    const { host, connects } = await connectProxy(server.port);
    const proxy = { httpsProxy: host, noProxy: 'googleapis.com' };
    const url = `https://${HOST}:${server.port}`;
    const result = await fetchInChild({ allowPrivateHosts: true, proxy }, ['127.0.0.1'], url);
    expect(result).toEqual({ bytes: [...BYTES], asked: [HOST] });
    expect(connects).toEqual([]);
    expect(server.called).toEqual([HOST, `${HOST}:${server.port}`]);
  });

  test('is not asked for an address that is not public', async () => {
    const { host, connects } = await connectProxy(9);
    const proxy = { httpsProxy: `http://${host}` };
    const { lookup } = names({ 'internal.test': [[PUBLIC, '10.0.0.1']] });
    for (const url of ['https://internal.test/a.png', 'https://10.0.0.1/a.png']) {
      const error = await fetchInVain(url, { allowPrivateHosts: false, proxy, lookup });
      expect(error).toMatchObject({ kind: 'input' });
      expect(error.message).toBe('its address is not public (10.0.0.1)');
    }
    expect(connects).toEqual([]);
  });

  test('is not asked for a name that cannot be looked up here, which has a way out', async () => {
    const { host, connects } = await connectProxy(9);
    const proxy = { httpsProxy: `http://${host}` };
    const options = { allowPrivateHosts: false, proxy, lookup: names({}).lookup };
    const error = await fetchInVain('https://pictures.test/a.png', options);
    expect(error).toMatchObject({ kind: 'service' });
    expect(error.hint).toMatch(/--allow-private-hosts.*proxy/);
    expect(connects).toEqual([]);
  });

  test('has no part in plain http', async () => {
    const { host, connects } = await connectProxy(9);
    const error = await fetchInVain('http://pictures.test:9/a.png', {
      proxy: { httpsProxy: `http://${host}` },
      lookup: names({ 'pictures.test': [['127.0.0.1']] }).lookup,
    });
    expect(error.message).toContain('ECONNREFUSED 127.0.0.1:9');
    expect(connects).toEqual([]);
  });

  test('that refuses an address is an error with the way out', async () => {
    const { host } = await connectProxy(9, '403 Forbidden');
    const proxy = { httpsProxy: `http://user:s3cr3t@${host}` };
    const { lookup } = names({ 'pictures.test': [[PUBLIC]] });
    const options = { allowPrivateHosts: false, proxy, lookup };
    const error = await fetchInVain('https://pictures.test/a.png', options);
    expect(error).toMatchObject({
      kind: 'service',
      message: `the proxy refused to connect to ${PUBLIC} (HTTP 403)`,
    });
    expect(error.hint).toContain('--allow-private-hosts');
  });

  test('that is silent is given up in time', async () => {
    const { host } = await connectProxy(9, SILENCE);
    const options = { timeoutMs: 150, proxy: { httpsProxy: `http://${host}` } };
    const error = await fetchInVain('https://pictures.test/a.png', options);
    expect(error.message).toBe('no answer within 0.15 s');
  });
});

test('a certificate that is not trusted is an error as it is, and not retried', async () => {
  const server = await fakeGeminiWithTls(picture);
  const error = await fetchInVain(`${server.url}/a.png`, { retries: 2 });
  expect(error).toMatchObject({ kind: 'service', retryable: false });
  expect(error.message).toMatch(/certificate is not trusted/);
  expect(server.connections()).toBe(1);
  await expect(fetchFrom(server.url)).rejects.toThrow();
});
