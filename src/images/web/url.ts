import type { IncomingMessage } from 'node:http';
import { inputError } from '../../domain/error.js';

/** How to get what this tool will not fetch by itself. */
export const PIPE_HINT = 'Fetch it with curl and pipe it: curl … | gemini-image describe -';

/**
 * Reads the address of a picture.
 *
 * @throws GeminiImageError of kind `input` if such an address is not fetched. The error repeats
 *   nothing of the address, which may hold a password.
 */
export function webAddress(text: string): URL {
  if (!URL.canParse(text)) throw inputError('it is not a valid URL');
  const url = new URL(text);
  if (!isWeb(url)) throw inputError('only http and https addresses are fetched');
  if (hasUser(url)) throw inputError('its address holds a user name or a password', PIPE_HINT);
  return url;
}

/**
 * The address that a redirect leads to.
 *
 * @throws GeminiImageError of kind `input` if it cannot be followed. The error repeats nothing of the
 *   target but its scheme.
 */
export function redirectTarget({ headers, statusCode }: IncomingMessage, from: URL): URL {
  if (headers.location === undefined) {
    throw inputError(`it redirects without saying where to (HTTP ${statusCode})`);
  }
  // Node reads headers as Latin-1, servers write UTF-8.
  const location = Buffer.from(headers.location, 'latin1').toString();
  if (!URL.canParse(location, from.href)) {
    throw inputError(`it redirects to what is no valid URL (HTTP ${statusCode})`);
  }
  const url = new URL(location, from);
  if (!isWeb(url))
    throw inputError(`it redirects to a ${url.protocol} address, which is not fetched`);
  if (hasUser(url)) throw inputError('it redirects to an address with a user name or a password');
  return url;
}

function isWeb({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

function hasUser({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
