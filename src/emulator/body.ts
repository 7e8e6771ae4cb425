/** Request bodies, read within the API's limit. */
import type { IncomingMessage } from 'node:http';
import { invalidArgument } from './errors.js';

/** Bytes. */
const LARGEST_BODY = 20_971_520;

/** A body that came in full, or one over the limit of which nothing was kept. */
export type Body = { readonly bytes: Buffer } | { readonly tooLarge: true };

/**
 * Reads to the end even what is too large, without keeping it: a client that is still sending
 * would otherwise see a reset connection instead of the answer. Rejects if the client goes away.
 */
export async function readBody(request: IncomingMessage): Promise<Body> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size <= LARGEST_BODY) chunks.push(bytes);
    else chunks = [];
  }
  return size > LARGEST_BODY ? { tooLarge: true } : { bytes: Buffer.concat(chunks, size) };
}

/** Reads what is left and keeps nothing, for the same reason. Rejects if the client goes away. */
export async function skipBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded) return;
  for await (const _ of request);
}

/**
 * Hands over bytes as they arrive, until the end (true) or until `take` wants no more (false).
 * Rejects if the client goes away, after all that has arrived, and with what `take` throws. It
 * must be called without delay: what a stream still holds is lost with its connection.
 */
export function takeBytes(
  request: IncomingMessage,
  take: (bytes: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onData = (bytes: Buffer) => {
      try {
        if (take(bytes)) return;
        resolve(false);
      } catch (error) {
        reject(error);
      }
      request.off('data', onData);
    };
    const onClose = () => reject(new Error('the client went away'));
    request.once('end', () => resolve(true));
    request.once('error', reject);
    request.once('close', onClose);
    if (request.destroyed) onClose();
    request.on('data', onData);
  });
}

/** The JSON value in a body; an empty body is an empty message. Throws 400. */
export function parseJson(body: Body): unknown {
  if ('tooLarge' in body) {
    throw invalidArgument(`Request payload size exceeds the limit: ${LARGEST_BODY} bytes.`);
  }
  if (body.bytes.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body.bytes));
  } catch {
    // The parser's own words would repeat parts of the body, which may be anything.
    throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  }
}
