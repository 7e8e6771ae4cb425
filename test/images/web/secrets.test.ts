/** What URLs hold besides host and path, in whatever goes wrong. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { body, closedPort, fakeGemini, hangUp, html, packets } from '../../support/fake-gemini.js';
import { fetchInVain, redirect } from './fetching.js';

const SECRET = 's3cr3t';
const away = (url: string) => redirect(`${url}/b.png?key=${SECRET}#${SECRET}`);

test.each([
  ['a status', body('', 404)],
  ['a failure', body('', 503, { 'retry-after': '1' })],
  ['a reset', hangUp],
  ['a cut', packets(['.'], { ending: 'close' })],
  ['a page', html(`<title>What is ?key=${SECRET}</title>`, 200)],
  ['too much', body('x'.repeat(200_000), 200)],
  ['an encoding', body('x', 200, { 'content-encoding': 'br' })],
  ['bad HTTP', (response) => void response.socket?.end('HTTP/1.1 200 OK\r\nbad header\r\n\r\n')],
  ['a redirect without end', redirect(`/?key=${SECRET}`)],
  ['a redirect with a user', redirect(`http://${SECRET}@127.0.0.1/`)],
  ['a redirect to nonsense', redirect(`http://[${SECRET}]/`)],
  ['a redirect to nobody', away(`http://127.0.0.1:${await closedPort()}`)],
  ['a redirect to nowhere', away('http://nowhere.test')],
  ['a redirect to TLS that is none', away(`https://127.0.0.1:${await closedPort()}`)],
] satisfies [string, Parameters<typeof fakeGemini>[0]][])(
  '%s does not show a query or a fragment',
  async (_what, responder) => {
    const server = await fakeGemini(responder);
    const lookup = async (name: string) => {
      throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    };
    const url = `${server.url}/a.png?key=${SECRET}#${SECRET}`;
    const error = await fetchInVain(url, { retries: 1, lookup });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  },
);
