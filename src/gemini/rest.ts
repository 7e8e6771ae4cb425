import type { IncomingHttpHeaders } from 'node:http';
import type { Abortable } from '../network/abort.js';
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
  /** How many bytes the reply may have, if it may be longer than an answer. */
  mostBytes?: number | undefined;
  signal?: Abortable | undefined;
  /** Hides secrets of this call in its errors, in addition to the key. */
  hide?: Redact;
}

export interface RestReply {
  headers: IncomingHttpHeaders;
  /** The body's JSON; undefined if the body is empty. */
  value: unknown;
}

/**
 * Makes one call, once.
 *
 * @throws GeminiImageError, whose texts hold no secret.
 */
export type Rest = (url: string, request: RestRequest) => Promise<RestReply>;

/**
 * Makes a function that calls a server with the key and a time limit.
 *
 * @param timeoutMs for each call, until its reply is read.
 */
export function restOf(server: Send, apiKey: string, timeoutMs: number, redact: Redact): Rest {
  return async (url, { signal, hide, mostBytes, ...request }) => {
    const attempt = startAttempt(timeoutMs, signal);
    try {
      const headers = { ...request.headers, 'x-goog-api-key': apiKey };
      const response = await exchange(server, url, { ...request, headers, signal: attempt.signal });
      const { text, value } = await readBody(response, mostBytes);
      // Google's upload server labels its empty replies as HTML.
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

/** Repeats requests that are safe to repeat, as long as that makes sense. */
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

/** Runs work with a time limit of its own, even after its caller has aborted everything else. */
export async function within<T>(
  limitMs: number,
  abort: Abortable | undefined,
  work: (signal: Abortable) => Promise<T>,
): Promise<T> {
  const limit = startAttempt(limitMs, abort);
  try {
    return await work(limit.signal);
  } finally {
    limit.end();
  }
}
