import type { IncomingMessage } from 'node:http';
import { type ErrorFacts, GeminiImageError, inputError } from '../../domain/error.js';
import { retryAfterMs } from '../../network/retry.js';
import { oneLine, pageTitle, shorten } from '../../network/text.js';
import { megabytes } from '../errors.js';
import { PIPE_HINT } from './url.js';

/** Statuses of answers with a whole body (RFC 9110, section 15.3); that of 204 is empty. */
const WHOLE: readonly number[] = [200, 203, 204];

/** A page has its title, and shows that it is a page, within this many bytes. */
const PAGE_HEAD_BYTES = 65_536;

/**
 * Reads the bytes of an answer that is no redirect.
 *
 * @param visited the addresses that led to it.
 * @throws GeminiImageError if the answer is no success, too large, cut off or a web page.
 */
export async function readPicture(
  response: IncomingMessage,
  visited: readonly URL[],
  maxBytes: number,
): Promise<Uint8Array> {
  const { statusCode = 0, headers } = response;
  if (!WHOLE.includes(statusCode)) throw statusFailure(response);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!['', 'identity'].includes(encoding.trim().toLowerCase())) {
    const message = `the server sends it compressed (${oneLine(shorten(encoding))}), unasked`;
    throw inputError(message, PIPE_HINT);
  }
  const promised = headers['content-length'];
  if (Number(promised) > maxBytes) throw tooLarge(maxBytes, Number(promised));
  const bytes = await collect(response, maxBytes);
  const title = titleOf(bytes, headers['content-type'] ?? '');
  if (title !== undefined) throw isPage(repeats(title, visited) ? '' : title);
  return bytes;
}

async function collect(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof GeminiImageError ? error : cutOff(response, size, error);
  }
  return Buffer.concat(chunks, size);
}

/** The title of a page; the bytes decide: every picture has an early zero byte, and no page has. */
function titleOf(bytes: Uint8Array, contentType: string): string | undefined {
  if (bytes.length === 0 || bytes.subarray(0, 32).includes(0)) return undefined;
  const head = Buffer.from(bytes.subarray(0, PAGE_HEAD_BYTES)).toString();
  return /^\s*(?:<\?xml[^>]*>\s*)?<svg\b/i.test(head) ? undefined : pageTitle(contentType, head);
}

/** Whether a page's title shows a part of a query that led to it, which may be a secret. */
function repeats(title: string, visited: readonly URL[]): boolean {
  const shown = essence(title);
  return visited
    .flatMap(({ search, searchParams }) => [...search.split(/[?&=]/), ...searchParams.values()])
    .map(essence)
    .some((part) => part.length > 3 && shown.includes(part));
}

/** The part of a text that is the same however it was escaped. */
function essence(text: string): string {
  return text.replace(/&#?\w+;|%[\da-f]{2}|[^\p{L}\p{N}]/giu, '').toLowerCase();
}

function isPage(title: string): GeminiImageError {
  return inputError(
    `the address leads to a web page${title && ` (“${shorten(title)}”)`}, not to a picture`,
    "Give the address of the picture itself; a browser's menu on the picture copies it.",
  );
}

function tooLarge(maxBytes: number, size?: number): GeminiImageError {
  const has = size === undefined ? 'more than' : `${megabytes(size)}, more than`;
  return inputError(
    `it has ${has} the ${megabytes(maxBytes)} that are fetched`,
    'Fetch it yourself and shrink it.',
  );
}

function cutOff({ headers }: IncomingMessage, size: number, cause: unknown): GeminiImageError {
  const promised = headers['content-length'];
  const of = promised === undefined ? '' : ` of ${promised}`;
  return new GeminiImageError({
    kind: 'service',
    reason: 'picture server',
    message: `the picture was cut off on the way, after ${size}${of} bytes`,
    hint: 'Try again later.',
    cause,
  });
}

type Words = Pick<ErrorFacts, 'kind' | 'reason' | 'message' | 'hint'>;

const missing: Words = { kind: 'input', message: 'no such picture' };

const locked: Words = {
  kind: 'input',
  message: 'the server does not give it to everyone',
  hint: `Links that need a login do not work. ${PIPE_HINT}`,
};

const passing = (message: string): Words => ({
  kind: 'service',
  reason: 'picture server',
  message,
  hint: 'Try again later.',
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

/** The error for an answer that is neither a picture nor a redirect. */
function statusFailure({ statusCode = 0, headers }: IncomingMessage): GeminiImageError {
  const words = known[statusCode] ?? wordsOfClass(statusCode);
  return new GeminiImageError({
    ...words,
    message: `${words.message} (HTTP ${statusCode})`,
    httpStatus: statusCode,
    retryAfterMs: words.reason ? retryAfterMs(headers['retry-after'], Date.now()) : undefined,
  });
}

function wordsOfClass(status: number): Words {
  if (status >= 500) return passing('the server failed');
  if (status >= 400) return { kind: 'input', message: 'the server refused the request' };
  return { kind: 'service', message: 'the server answered without a picture' };
}
