import { GeminiImageError } from '../domain/error.js';

export const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com';

/**
 * Checks where requests, and with them the key, may go: https, or http on loopback only.
 *
 * @returns the URL without a trailing slash; a path, as gateways have, is kept.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseBaseUrl(raw: string): string {
  const url = URL.canParse(raw.trim()) ? new URL(raw.trim()) : undefined;
  if (!url) throw refused('is not a URL');
  if (url.username !== '' || url.password !== '') throw refused('must not hold a user or password');
  if (url.search !== '' || url.hash !== '') throw refused('must not hold a query or fragment');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw refused(
      `${url.origin} would send the key in clear text: http is allowed on loopback only`,
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('must begin https://');
  // Not `href`, which keeps an empty query or fragment.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Whether it is a server on this machine that is asked: the emulator, or a test's. */
export function isLocalService(baseUrl: string): boolean {
  return isLoopback(new URL(baseUrl).hostname);
}

/** Whether a URL's host name can only be this machine. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function refused(why: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `the base URL ${why}`,
    hint: 'Use https://…, or http://127.0.0.1:PORT for a server on this machine (--base-url, GOOGLE_GEMINI_BASE_URL).',
  });
}
