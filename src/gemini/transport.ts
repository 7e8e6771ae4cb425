import type { IncomingMessage } from 'node:http';
import { buffer as readBytes, text as readText } from 'node:stream/consumers';
import { ReadableStream } from 'node:stream/web';
import { GeminiImageError } from '../domain/error.js';
import type { Attempt } from '../network/attempt.js';
import type { Post } from '../network/connection.js';
import { networkError } from '../network/network-error.js';
import { apiError } from './api-error.js';
import { normaliseEvents, utf8Decoder } from './event-stream.js';
import { parseJson } from './json.js';
import type { SdkFetch, SdkResponse } from './sdk.js';
import { pageTitle, webPage } from './web-page.js';

/**
 * Makes the `fetch` that the SDK calls for one attempt. It keeps what the SDK loses (the cause of
 * a failure, the body of an error), refuses what the SDK would follow or swallow (redirects, web
 * pages), and hands it only answers that it reads rightly. Why a request failed is left in
 * `attempt.failure`, since the SDK wraps whatever is thrown here.
 */
export function transportFor(attempt: Attempt, post: Post, streaming: boolean): SdkFetch {
  return async (url, { headers, body }) => {
    const send = async () => {
      const response = await post(url, { headers, body, signal: attempt.signal });
      if (statusOf(response) !== 200) throw await refusal(response, url);
      return response;
    };
    if (streaming) return streamed(send, attempt);
    try {
      const value = await wholeAnswer(await send());
      return { ok: true, json: async () => value };
    } catch (error) {
      throw fail(attempt, error);
    }
  };
}

/**
 * The request begins with the first read, so that the SDK's way of reading is set up while the
 * answer is on its way and not when its first word is there.
 */
function streamed(send: () => Promise<IncomingMessage>, attempt: Attempt): SdkResponse {
  async function* events() {
    try {
      const response = await send();
      if (pageTitle(typeOf(response), '') !== undefined) {
        throw notAnApi(response, await readText(response));
      }
      for await (const event of normaliseEvents(response, attempt.heard)) yield Buffer.from(event);
    } catch (error) {
      throw fail(attempt, error);
    }
  }
  return { ok: true, body: ReadableStream.from(events()) };
}

/** Notes and returns why an attempt failed. */
function fail(attempt: Attempt, error: unknown): GeminiImageError {
  const failure: GeminiImageError = attempt.signal.aborted
    ? attempt.signal.reason
    : asFailure(error);
  attempt.failure = failure;
  return failure;
}

function asFailure(error: unknown): GeminiImageError {
  if (error instanceof GeminiImageError) return error;
  return error instanceof SyntaxError ? brokenAnswer(error) : networkError(error);
}

async function refusal(response: IncomingMessage, url: string): Promise<GeminiImageError> {
  const status = statusOf(response);
  if (status >= 300 && status < 400) {
    response.destroy();
    return redirected(response, url);
  }
  return apiError({
    status,
    contentType: typeOf(response),
    retryAfter: response.headers['retry-after'] ?? null,
    // The status says enough where the body breaks off.
    body: await readText(response).catch(() => ''),
  });
}

async function wholeAnswer(response: IncomingMessage): Promise<unknown> {
  const decode = utf8Decoder();
  const body = decode(await readBytes(response)) + decode();
  const value = parseJson(body);
  if (typeof value === 'object' && value !== null) return value;
  if (/^\s*[[{]/.test(body)) throw brokenAnswer(new SyntaxError('the JSON ends too early'));
  throw notAnApi(response, body);
}

function statusOf({ statusCode = 0 }: IncomingMessage): number {
  return statusCode;
}

function typeOf({ headers }: IncomingMessage): string {
  return headers['content-type'] ?? '';
}

/** A success that did not come from the API: a login page, a proxy's notice, an empty body. */
function notAnApi(response: IncomingMessage, body: string): GeminiImageError {
  const status = statusOf(response);
  const title = pageTitle(typeOf(response), body);
  return new GeminiImageError({
    kind: 'service',
    message:
      title === undefined
        ? `the answer is ${body === '' ? 'empty' : 'no JSON object'} (HTTP ${status})`
        : webPage(status, title),
    hint: 'Check the base URL, the proxy settings, and whether this network wants a login.',
    httpStatus: status,
  });
}

function brokenAnswer(cause: Error): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: 'the answer was cut off or is no valid JSON',
    hint: 'Try again later.',
    retryable: true,
    cause,
  });
}

function redirected(response: IncomingMessage, url: string): GeminiImageError {
  const { location } = response.headers;
  const there =
    location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined;
  const target = there && /^https?:$/.test(there.protocol) ? there.origin : 'another address';
  const status = statusOf(response);
  return new GeminiImageError({
    kind: 'service',
    message: `the server redirects to ${target} (HTTP ${status}); the key is not sent there`,
    hint: 'Check the base URL and the proxy settings.',
    httpStatus: status,
  });
}
