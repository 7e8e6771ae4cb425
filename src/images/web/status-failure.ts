import type { IncomingMessage } from 'node:http';
import { type ErrorFacts, GeminiImageError } from '../../domain/error.js';
import { retryAfterMs } from '../../network/retry-after.js';
import { PIPE_HINT } from './url.js';

type Words = Pick<ErrorFacts, 'kind' | 'message' | 'hint' | 'retryable'>;

const missing: Words = { kind: 'input', message: 'no such picture' };

const locked: Words = {
  kind: 'input',
  message: 'the server does not give it to everyone',
  hint: `Links that need a login do not work. ${PIPE_HINT}`,
};

const passing = (message: string): Words => ({
  kind: 'service',
  message,
  hint: 'Try again later.',
  retryable: true,
});

/** Statuses that say more than their class does. */
const known: Readonly<Record<number, Words>> = {
  401: locked,
  403: locked,
  404: missing,
  408: passing('the server gave up waiting for the request'),
  410: missing,
  429: passing('the server has had too many requests'),
};

/** What an answer means that brings no picture and leads to none. */
export function statusFailure({ statusCode = 0, headers }: IncomingMessage): GeminiImageError {
  const words = known[statusCode] ?? wordsOfClass(statusCode);
  return new GeminiImageError({
    ...words,
    message: `${words.message} (HTTP ${statusCode})`,
    httpStatus: statusCode,
    retryAfterMs: words.retryable ? retryAfterMs(headers['retry-after'], Date.now()) : undefined,
  });
}

function wordsOfClass(status: number): Words {
  if (status >= 500) return passing('the server failed');
  if (status >= 400) return { kind: 'input', message: 'the server refused the request' };
  return { kind: 'service', message: 'the server answered without a picture' };
}
