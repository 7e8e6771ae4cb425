import type { IncomingMessage } from 'node:http';
import { GeminiImageError, inputError } from '../../domain/error.js';
import type { TellOfAnswer } from '../../domain/events.js';
import type { Abortable } from '../../network/abort.js';
import { startAttempt } from '../../network/attempt.js';
import { sendRequest } from '../../network/connection.js';
import { whenFree } from '../../network/descriptors.js';
import { isUnknownHost, networkError } from '../../network/network-error.js';
import { type Clock, retryLadder } from '../../network/retry.js';
import { readPicture } from './response.js';
import { ROUTE_HINT, type RouteSettings, routeTo } from './safe-connect.js';
import { redirectTarget, webAddress } from './url.js';

const MAX_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export interface FetchOptions extends RouteSettings {
  /** More bytes than this are refused before they are all in memory. */
  maxBytes: number;
  /** For one attempt as a whole, its redirects and its body included. */
  timeoutMs: number;
  /** Repetitions, not counting the first attempt. */
  retries: number;
  userAgent: string;
  signal?: AbortSignal | undefined;
  tell?: TellOfAnswer<'retry'> | undefined;
  clock?: Clock;
}

/**
 * Fetches the bytes behind an http or https URL, from hosts of the public internet unless others
 * are allowed. No credentials are sent. The caller checks whether the bytes are a picture; a web page
 * is refused here.
 *
 * @throws GeminiImageError; its texts hold no query, fragment or user of any URL.
 */
export async function fetchImage(url: string, options: FetchOptions): Promise<Uint8Array> {
  const address = webAddress(url);
  const waitForNextAttempt = retryLadder(options);
  // A mistyped name stays unknown, however often it is looked up.
  const lookUpAgain = retryLadder({ ...options, retries: Math.min(1, options.retries) });
  for (;;) {
    try {
      return await fetchOnce(address, options);
    } catch (error) {
      await (isUnknownHost(error) ? lookUpAgain : waitForNextAttempt)(error);
    }
  }
}

async function fetchOnce(url: URL, options: FetchOptions): Promise<Uint8Array> {
  const attempt = startAttempt(options.timeoutMs, options.signal);
  try {
    return await follow(url, options, attempt.signal);
  } catch (error) {
    const failure = attempt.signal.reason ?? error;
    const known = failure instanceof GeminiImageError ? failure : networkError(failure, ROUTE_HINT);
    // A failure of a picture's server is not about the Gemini service.
    throw known.kind === 'interrupted' ? known : known.with({ about: 'picture' });
  } finally {
    attempt.end();
  }
}

async function follow(start: URL, options: FetchOptions, signal: Abortable): Promise<Uint8Array> {
  let url = start;
  const visited = [url];
  for (let redirects = 0; ; redirects += 1) {
    const response = await get(url, options, signal).catch((error: unknown) => {
      throw redirects === 0 ? error : afterRedirect(error, url);
    });
    try {
      const isRedirect = REDIRECTS.includes(response.statusCode ?? 0);
      if (!isRedirect) return await readPicture(response, visited, options.maxBytes);
      if (redirects === MAX_REDIRECTS) throw tooManyRedirects();
      url = redirectTarget(response, url);
      visited.push(url);
    } finally {
      // The rest of the body is not needed.
      response.destroy();
    }
  }
}

async function get(url: URL, options: FetchOptions, signal: Abortable): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const route = await routeTo(url, options, signal);
  // Called off while the route was looked up: a request would not notice.
  signal.throwIfAborted();
  const headers = {
    'user-agent': options.userAgent,
    accept: 'image/*,*/*;q=0.5',
    'accept-encoding': 'identity',
  };
  const outgoing = { method: 'GET', headers, signal, hint: ROUTE_HINT } as const;
  return whenFree(() => sendRequest(url.href, outgoing, route), signal);
}

/** Names the host if it is not the one that the user named. */
function afterRedirect(error: unknown, { origin }: URL): unknown {
  if (!(error instanceof GeminiImageError) || error.kind !== 'input') return error;
  return error.with({ message: `it redirects to ${origin}, and ${error.message}` });
}

function tooManyRedirects(): GeminiImageError {
  return inputError(`it redirects more than ${MAX_REDIRECTS} times`);
}
