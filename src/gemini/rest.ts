import type { IncomingHttpHeaders } from 'node:http';
import { startAttempt } from '../network/attempt.js';
import type { Outgoing, Send } from '../network/connection.js';
import { type RetrySettings, retryLadder } from '../network/retry.js';
import { exchange, failureOf, isWebPage, notAnApi, readBody } from './http.js';
import { type Redact, withoutSecrets } from './key.js';

/** A call of the API without the SDK. */
export interface RestRequest {
  method: Outgoing['method'];
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal | undefined;
  /** Hides, besides the key, what this call's errors must not repeat. */
  hide?: Redact;
}

export interface RestReply {
  headers: IncomingHttpHeaders;
  /** The body's JSON; undefined where there is none, as in replies that are all head. */
  value: unknown;
}

/**
 * Makes one call, once.
 *
 * @throws GeminiImageError; its texts hold no secret.
 */
export type Rest = (url: string, request: RestRequest) => Promise<RestReply>;

/**
 * Makes the function that calls a server with the key, each time within the time limit.
 *
 * @param timeoutMs for each call, until its reply is read.
 */
export function restOf(server: Send, apiKey: string, timeoutMs: number, redact: Redact): Rest {
  return async (url, { signal, hide, ...request }) => {
    const attempt = startAttempt(timeoutMs, signal);
    try {
      const headers = { ...request.headers, 'x-goog-api-key': apiKey };
      const response = await exchange(server, url, { ...request, headers, signal: attempt.signal });
      const { text, value } = await readBody(response);
      // Google's upload server calls its empty replies HTML.
      if (value === undefined && text.trim() !== '' && isWebPage(response, text)) {
        throw notAnApi(response, text);
      }
      return { headers: response.headers, value };
    } catch (error) {
      const failure = failureOf(attempt, error);
      attempt.abandon();
      throw withoutSecrets(failure, (text) => redact(hide?.(text) ?? text));
    } finally {
      attempt.end();
    }
  };
}

/** Repeats what may be repeated blindly, as long as that makes sense. */
export async function repeatedly<T>(settings: RetrySettings, work: () => Promise<T>): Promise<T> {
  const climb = retryLadder(settings);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await climb(error);
    }
  }
}

/** Gives work that may go on after its caller called everything off a limit of its own. */
export async function within<T>(
  limitMs: number,
  caller: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = startAttempt(limitMs, caller);
  try {
    return await work(limit.signal);
  } finally {
    limit.end();
  }
}
