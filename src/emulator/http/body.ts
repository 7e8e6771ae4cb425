// Request bodies, read within the API's limit.
import type { IncomingMessage } from 'node:http';
import { ApiError, invalidArgument } from './errors.js';

/** In bytes. */
const LARGEST_BODY = 20_971_520;

/** In milliseconds: without a byte for so long a client counts as gone; then for a whole body. */
const LONGEST_PAUSE = 60_000;
const LONGEST_BODY = 10 * 60_000;

/** Limits for all bodies that are being read at a time: their number, and their bytes. */
const MOST_BODIES = 2000;
const MOST_BYTES = 536_870_912;

/** The bodies that are being read at the moment. */
export class OpenBodies {
  #bodies = 0;
  #bytes = 0;

  /** Throws 503 if too many are open already. */
  open(): void {
    if (this.#bodies >= MOST_BODIES) throw overloaded();
    this.#bodies += 1;
  }

  /** Throws 503 if all bodies together would hold too many bytes. */
  hold(bytes: number): void {
    if (this.#bytes + bytes > MOST_BYTES) throw overloaded();
    this.#bytes += bytes;
  }

  /** `bytes` is what was held for it. */
  close(bytes: number): void {
    this.#bodies -= 1;
    this.#bytes -= bytes;
  }
}

function overloaded(): ApiError {
  return new ApiError(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
}

/** A complete body, or one over the limit, of which nothing was kept. */
export type Body = { readonly bytes: Buffer } | { readonly tooLarge: true };

/**
 * Reads a body. One that is too large is read to its end too but not kept: a client that is still
 * sending would otherwise see a reset connection instead of the answer. Rejects if the client goes
 * away or keeps silent, and with 503 if too much is being read already.
 */
export async function readBody(request: IncomingMessage, open: OpenBodies): Promise<Body> {
  open.open();
  const client = watch(request, LONGEST_BODY);
  let chunks: Buffer[] = [];
  let size = 0;
  let held = 0;
  try {
    // Not `for await`, which would end the connection if a body is refused.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      client.heard();
      const bytes: Buffer = chunk;
      size += bytes.length;
      if (size > LARGEST_BODY) {
        chunks = [];
        continue;
      }
      open.hold(bytes.length);
      held += bytes.length;
      chunks.push(bytes);
    }
    return size > LARGEST_BODY ? { tooLarge: true } : { bytes: Buffer.concat(chunks, size) };
  } finally {
    client.end();
    open.close(held);
  }
}

interface Watch {
  /** To be called when bytes have arrived. */
  heard(): void;
  end(): void;
}

/** Ends the connection of a client that sends nothing for a while, or takes too long in all. */
function watch(request: IncomingMessage, longest?: number): Watch {
  const giveUp = () => request.destroy();
  const pause = setTimeout(giveUp, LONGEST_PAUSE);
  const whole = longest === undefined ? undefined : setTimeout(giveUp, longest);
  return {
    heard: () => void pause.refresh(),
    end() {
      clearTimeout(pause);
      clearTimeout(whole);
    },
  };
}

/** Reads the rest of a body without keeping it, as above. Rejects if the client goes away. */
export async function skipBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded) return;
  const client = watch(request, LONGEST_BODY);
  try {
    for await (const _ of request) client.heard();
  } finally {
    client.end();
  }
}

/**
 * Hands over bytes as they arrive, until the end (true) or until `take` wants no more (false). If the
 * client goes away, it rejects after it has handed over all that arrived. It also rejects with what
 * `take` throws. Call it without delay: bytes in a stream are lost when its connection ends.
 */
export function takeBytes(
  request: IncomingMessage,
  take: (bytes: Buffer) => boolean,
): Promise<boolean> {
  const client = watch(request);
  return new Promise<boolean>((resolve, reject) => {
    const onData = (bytes: Buffer) => {
      client.heard();
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
  }).finally(client.end);
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
