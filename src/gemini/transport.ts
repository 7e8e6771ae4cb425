import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { GeminiImageError } from '../domain/error.js';
import type { Attempt } from '../network/attempt.js';
import type { Send } from '../network/connection.js';
import { normaliseEvents } from './event-stream.js';
import { exchange, failureOf, isWebPage, notAnApi, readBody } from './http.js';
import type { PackedRequest } from './packed-request.js';
import { bytesOf, headOf } from './response-body.js';
import type { SdkFetch, SdkResponse } from './sdk.js';

interface TransportOptions {
  /** Headers in addition to those of the SDK. */
  extra?: Record<string, string> | undefined;
  /** Called with the headers of an answer. */
  onHead?: ((headers: IncomingHttpHeaders) => void) | undefined;
}

/**
 * Makes the `fetch` that the SDK calls for one attempt. It keeps what the SDK loses (the cause of a
 * failure, the body of an error), refuses what the SDK would follow or ignore (redirects, web
 * pages), and passes on only answers that the SDK reads correctly. The reason of a failure is
 * stored in `attempt.failure`, since the SDK wraps whatever is thrown here.
 */
export function transportFor(
  attempt: Attempt,
  server: Send,
  packed: PackedRequest,
  streaming: boolean,
  { extra, onHead }: TransportOptions = {},
): SdkFetch {
  return async (url, { headers, body: json }) => {
    const { signal } = attempt;
    const body = packed.unpack(json);
    const send = async () => {
      const fields = extra ? Object.assign(headers, extra) : headers;
      const request = {
        method: 'POST',
        headers: fields,
        body,
        signal,
        onSent: packed.left,
      } as const;
      const response = await exchange(server, url, request);
      onHead?.(response.headers);
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
 * Sends the request at the first read, so that the SDK sets up its reader while the answer is on
 * its way, and not after its first word has arrived.
 */
function streamed(send: () => Promise<IncomingMessage>, attempt: Attempt): SdkResponse {
  async function* events() {
    try {
      const response = await send();
      if (isWebPage(response)) throw notAnApi(response, await headOf(response));
      for await (const event of normaliseEvents(bytesOf(response))) yield Buffer.from(event);
    } catch (error) {
      throw fail(attempt, error);
    }
  }
  // The global one, which Node loads at its first use: whole answers need none.
  return { ok: true, body: ReadableStream.from(events()) };
}

/** Stores and returns the reason why an attempt failed. */
function fail(attempt: Attempt, error: unknown): GeminiImageError {
  const failure = failureOf(attempt, error);
  attempt.failure = failure;
  return failure;
}

async function wholeAnswer(response: IncomingMessage): Promise<unknown> {
  const { text, value } = await readBody(response);
  if (typeof value === 'object' && value !== null) return value;
  if (/^\s*[[{]/.test(text)) throw new SyntaxError('the JSON ends too early');
  throw notAnApi(response, text);
}
