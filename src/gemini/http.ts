import type { IncomingMessage } from 'node:http';
import { GeminiImageError } from '../domain/error.js';
import type { Attempt } from '../network/attempt.js';
import type { Outgoing, Send } from '../network/connection.js';
import { networkError } from '../network/network-error.js';
import { pageTitle, webPage } from '../network/text.js';
import { utf8Text } from './event-stream.js';
import { parseJson } from './json.js';
import { headOf, wholeBody } from './response-body.js';

/**
 * Sends a request and returns the head of its response.
 *
 * @param expected the statuses that are no refusal.
 * @throws GeminiImageError if the server refuses or redirects; whatever the connection threw.
 */
export async function exchange(
  server: Send,
  url: string,
  request: Outgoing,
  expected: readonly number[] = [200],
): Promise<IncomingMessage> {
  const { method, body, signal, onSent, hint } = request;
  // Written out, since Node 20 gives what is spread a new hidden class with each call.
  const headers = Object.assign({ 'accept-encoding': 'identity' }, request.headers);
  const response = await server(url, { method, headers, body, signal, onSent, hint });
  if (!expected.includes(statusOf(response))) throw await refusal(response, url);
  return response;
}

/** A body as text and, if it is JSON, as its value. */
export interface Body {
  text: string;
  value: unknown;
}

/**
 * Reads a response to its end.
 *
 * @param mostBytes how many bytes it may have.
 * @throws GeminiImageError if it is too long; SyntaxError if it is not UTF-8; whatever the
 *   connection threw.
 */
export async function readBody(response: IncomingMessage, mostBytes?: number): Promise<Body> {
  const text = utf8Text(await wholeBody(response, mostBytes));
  return { text, value: parseJson(text) };
}

/** Why an attempt failed: it timed out, its caller aborted it, or the error that was thrown. */
export function failureOf({ signal }: Attempt, error: unknown): GeminiImageError {
  if (signal.reason) return signal.reason;
  if (error instanceof GeminiImageError) return error;
  if (error instanceof SyntaxError) return brokenAnswer(error);
  return networkError(error);
}

/** Whether a response is a web page, by its head or by the known part of its body. */
export function isWebPage(response: IncomingMessage, body = ''): boolean {
  return pageTitle(typeOf(response), body) !== undefined;
}

async function refusal(response: IncomingMessage, url: string): Promise<GeminiImageError> {
  const status = statusOf(response);
  if (status >= 300 && status < 400) {
    response.destroy();
    return redirected(response, url);
  }
  const { apiError } = await import('./errors/api-error.js');
  return apiError({
    status,
    contentType: typeOf(response),
    retryAfter: response.headers['retry-after'] ?? null,
    body: await headOf(response),
  });
}

function statusOf({ statusCode = 0 }: IncomingMessage): number {
  return statusCode;
}

function typeOf({ headers }: IncomingMessage): string {
  return headers['content-type'] ?? '';
}

/**
 * The error for a success that is not from the API: a login page, a proxy's notice, an empty body.
 */
export function notAnApi(response: IncomingMessage, body: string): GeminiImageError {
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
    reason: body === '' ? undefined : 'not the API',
  });
}

function brokenAnswer(cause: Error): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    reason: 'broken off',
    message: 'the answer was cut off or is no valid JSON',
    hint: 'Try again later.',
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
    reason: 'not the API',
  });
}
