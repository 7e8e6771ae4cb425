/** Request bodies, read within the API's limit. */
import type { IncomingMessage } from 'node:http';
import { ApiError, invalidArgument } from './errors.js';

/** Bytes. */
const LARGEST_BODY = 20_971_520;

/** Milliseconds without a byte after which a client counts as gone, and for a whole body. */
const LONGEST_PAUSE = 60_000;
const LONGEST_BODY = 10 * 60_000;

/** Of all bodies that are being read at a time: how many, and how many bytes. */
const MOST_BODIES = 2000;
const MOST_BYTES = 536_870_912;

/** What is being read at the moment. */
export class OpenBodies {
  #bodies = 0;
  #bytes = 0;

  /** Throws 503 if too many are open already. */
  open(): void {
    if (this.#bodies >= MOST_BODIES) throw overloaded();
    this.#bodies += 1;
  }

  /** Throws 503 if they would hold too much together. */
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

/** A body that came in full, or one over the limit of which nothing was kept. */
export type Body = { readonly bytes: Buffer } | { readonly tooLarge: true };

/**
 * Reads to the end even what is too large, without keeping it: a client that is still sending
 * would otherwise see a reset connection instead of the answer. Rejects if the client goes away or
 * keeps silent, and with 503 if too much is being read already.
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
  /** Something came. */
  heard(): void;
  end(): void;
}

/** Ends the connection of a client that sends nothing for a while, or takes too long for all. */
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

/** Reads what is left and keeps nothing, for the same reason. Rejects if the client goes away. */
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
 * Hands over bytes as they arrive, until the end (true) or until `take` wants no more (false).
 * Rejects if the client goes away, after all that has arrived, and with what `take` throws. It
 * must be called without delay: what a stream still holds is lost with its connection.
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
