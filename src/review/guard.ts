// Who may ask the server: the browser that was given the token, and pages of this server only.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

export const TOKEN_PARAMETER = 'token';

/** Sent with every answer. The page has no inline script, and loads nothing from elsewhere. */
export const SAFE_HEADERS: OutgoingHttpHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface Guard {
  readonly token: string;
  /** Whether the request is meant for this server, by its name and port. */
  isForUs(request: IncomingMessage): boolean;
  /** Whether it comes from a page of this server, or from none. */
  isFromUs(request: IncomingMessage): boolean;
  hasCookie(request: IncomingMessage): boolean;
  isToken(given: string): boolean;
  cookie(): string;
}

/** @param port known once the server listens. */
export function createGuard(port: () => number): Guard {
  const token = randomBytes(24).toString('base64url');
  const isToken = (given: string) => {
    const [one, other] = [Buffer.from(given), Buffer.from(token)];
    return one.length === other.length && timingSafeEqual(one, other);
  };
  // Cookies are shared by all ports of a machine, so its name says whose it is.
  const name = () => `gemini-image-review-${port()}`;
  const hosts = () => [`127.0.0.1:${port()}`, `localhost:${port()}`];
  return {
    token,
    isToken,
    isForUs: ({ headers }) => hosts().includes(headers.host ?? ''),
    isFromUs({ headers, method }) {
      const site = headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
      const { origin } = headers;
      if (origin === undefined) return method === 'GET' || method === 'HEAD';
      return origin === `http://${headers.host}`;
    },
    hasCookie({ headers }) {
      const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
      return pairs.some((pair) => {
        const at = pair.indexOf('=');
        return pair.slice(0, at) === name() && isToken(pair.slice(at + 1));
      });
    },
    cookie: () => `${name()}=${token}; Path=/; HttpOnly; SameSite=Strict`,
  };
}
