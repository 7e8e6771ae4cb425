/** Which servers are connected to, and that no others are. */
import { describe, expect, test } from 'vitest';
import { fakeGemini, json } from '../../support/fake-gemini.js';
import { BYTES, fetchFrom, fetchInVain, isPublic, names, picture, redirect } from './fetching.js';

const guarded = { allowPrivateHosts: false };

describe('a host that is not public', () => {
  test.each([
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0177.0.0.1',
    '2130706433',
    '127.0.0.1.',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '0',
    'localhost',
  ])('is not connected to as %s', async (host) => {
    const server = await fakeGemini(picture);
    const error = await fetchInVain(`http://${host}:${server.port}/a.png`, guarded);
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(error.message).toMatch(/^its address is not public \([\d.:a-f]+\)$/);
    expect(error.hint).toContain('--allow-private-hosts');
    expect(server.connections()).toBe(0);
  });

  test.each([
    [['10.0.0.1']],
    [['::1']],
    [['127.0.0.1']],
    [['1.1.1.1', '10.0.0.1']],
    [['10.0.0.1', '1.1.1.1']],
    [['2606:4700:4700::1111', '127.0.0.1']],
  ])('is found behind a name, also among public ones: %s', async (addresses) => {
    const server = await fakeGemini(picture);
    const dns = names({ 'localhost.': [addresses] });
    const options = { ...guarded, lookup: dns.lookup };
    const error = await fetchInVain(`http://localhost.:${server.port}/a.png`, options);
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toMatch(
      /^its address is not public \((?:10\.0\.0\.1|::1|127\.0\.0\.1)\)$/,
    );
    expect(dns.asked).toEqual(['localhost.']);
    expect(server.connections()).toBe(0);
  });

  test('is connected to if that is allowed', async () => {
    const server = await fakeGemini(picture);
    expect(await fetchFrom(`${server.url}/a.png`)).toEqual(BYTES);
    expect(await fetchFrom(`http://localhost:${server.port}/a.png`)).toEqual(BYTES);
  });
});

describe('a name', () => {
  test('is looked up once, and the addresses found are those connected to', async () => {
    const server = await fakeGemini(picture);
    // Nobody listens on the first: the second is tried, and no third is asked for.
    const dns = names({ 'pictures.test': [['127.0.0.2', '127.0.0.1'], ['10.0.0.1']] });
    const url = `http://pictures.test:${server.port}/a.png`;
    const options = { ...guarded, lookup: dns.lookup, isPublic: () => true };
    expect(await fetchFrom(url, options)).toEqual(BYTES);
    expect(dns.asked).toEqual(['pictures.test']);
    expect(server.requests[0]?.headers.host).toBe(`pictures.test:${server.port}`);
  });

  test('that becomes private after a redirect to itself is not followed', async () => {
    const server = await fakeGemini(redirect('/b.png'), picture);
    const dns = names({ 'rebind.test': [['127.0.0.1'], ['::ffff:127.0.0.1']] });
    const url = `http://rebind.test:${server.port}/a.png`;
    const error = await fetchInVain(url, { ...guarded, lookup: dns.lookup, isPublic });
    expect(error.message).toContain('its address is not public (::ffff:127.0.0.1)');
    expect(dns.asked).toEqual(['rebind.test', 'rebind.test']);
    expect(server.connections()).toBe(1);
  });

  test('that becomes private before a repetition is not asked again', async () => {
    const server = await fakeGemini(json({}, 503), picture);
    const dns = names({ 'rebind.test': [['127.0.0.1'], ['::ffff:127.0.0.1']] });
    const url = `http://rebind.test:${server.port}/a.png`;
    const error = await fetchInVain(url, { ...guarded, lookup: dns.lookup, isPublic, retries: 3 });
    expect(error).toMatchObject({ kind: 'input' });
    expect(server.connections()).toBe(1);
  });

  test('that has no address is an error on the network', async () => {
    for (const lookup of [names({}).lookup, names({ 'none.test': [[]] }).lookup]) {
      const error = await fetchInVain('http://none.test/a.png', { ...guarded, lookup });
      expect(error).toMatchObject({ kind: 'service', retryable: true });
      expect(error.message).toMatch(/name was not found.*ENOTFOUND/);
      expect(error.hint).not.toContain('base URL');
    }
  });
});

describe('a redirect to a host that is not public', () => {
  test.each([
    ['by its address', '[::ffff:127.0.0.1]', '::ffff:7f00:1'],
    ['by its name', 'internal.test', '::ffff:127.0.0.1'],
  ])('is refused %s, without a connection', async (_how, host, address) => {
    const target = await fakeGemini(picture);
    const there = `http://${host}:${target.port}`;
    const server = await fakeGemini(redirect('/next'), redirect(`${there}/b.png?key=s3cr3t`));
    const dns = names({ 'internal.test': [['::ffff:127.0.0.1']] });
    const options = { ...guarded, lookup: dns.lookup, isPublic, retries: 2 };
    const error = await fetchInVain(`${server.url}/a.png`, options);
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    const origin = new URL(there).origin;
    expect(error.message).toBe(
      `it redirects to ${origin}, and its address is not public (${address})`,
    );
    expect(error.hint).toContain('--allow-private-hosts');
    expect(server.requests).toHaveLength(2);
    expect(target.connections()).toBe(0);
  });

  test('is followed if that is allowed', async () => {
    const target = await fakeGemini(picture);
    const server = await fakeGemini(redirect(`${target.url}/b.png`));
    expect(await fetchFrom(server.url)).toEqual(BYTES);
  });
});
