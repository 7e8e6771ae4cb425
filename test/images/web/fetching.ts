/** Pictures fetched from servers on loopback, in one line. */
import { type FetchOptions, fetchImage } from '../../../src/images/web/fetch-image.js';
import { failureOf, testClock } from '../../support/ask.js';
import { body, type Responder } from '../../support/fake-gemini.js';

/** Whatever it is, it is no web page. */
export const BYTES = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]);

export const picture = body(BYTES, 200, { 'content-type': 'image/png' });

/** Loopback is allowed, and nothing is repeated, unless the test is about that. */
export function fetchFrom(url: string, options: Partial<FetchOptions> = {}) {
  return fetchImage(url, {
    maxBytes: 100_000,
    timeoutMs: 60_000,
    retries: 0,
    userAgent: 'gemini-image/1.2.3',
    allowPrivateHosts: true,
    clock: testClock(),
    ...options,
  });
}

/** The error that fetching ends in. */
export function fetchInVain(url: string, options?: Partial<FetchOptions>) {
  return failureOf(fetchFrom(url, options));
}

export function redirect(location: string, status = 302): Responder {
  return body('moved', status, { location });
}

/** Takes 127.0.0.1 for a public address, and nothing else. */
export const isPublic = (address: string) => address === '127.0.0.1';

/** A lookup that gives each name's answers in turn, the last one again and again, and counts. */
export function names(answers: Record<string, readonly string[][]>) {
  const asked: string[] = [];
  return {
    asked,
    async lookup(hostname: string) {
      const all = answers[hostname] ?? [];
      const at = asked.filter((name) => name === hostname).length;
      asked.push(hostname);
      const addresses = all[Math.min(at, all.length - 1)];
      if (!addresses) {
        const message = `getaddrinfo ENOTFOUND ${hostname}`;
        throw Object.assign(new Error(message), { code: 'ENOTFOUND' });
      }
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  };
}
