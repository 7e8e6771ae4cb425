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
