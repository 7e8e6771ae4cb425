// Sends answers in the form in which Google sends them.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { GenerateContentResponse } from '../answers/answer.js';
import type { ErrorBody } from './errors.js';

type Headers = Readonly<Record<string, string>>;

export type Answer =
  | { kind: 'json'; value: object; headers?: Headers }
  | { kind: 'stream'; chunks: readonly GenerateContentResponse[]; headers?: Headers }
  | { kind: 'html'; status: number; html: string }
  /** A file. With `cutAt`, the connection breaks after so many bytes. */
  | { kind: 'bytes'; type: string; size: number; chunks: Iterable<Buffer>; cutAt?: number }
  /** The connection breaks instead. */
  | { kind: 'lost' };

const JSON_TYPE = 'application/json; charset=UTF-8';

/** `asEvents` says whether a stream is sent as events or as one array. */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  asEvents: boolean,
): Promise<void> {
  switch (answer.kind) {
    case 'json':
      return sendJson(response, 200, answer.value, answer.headers);
    case 'stream':
      return asEvents
        ? sendEvents(response, answer.chunks, answer.headers)
        : sendArray(response, answer.chunks, answer.headers);
    case 'html':
      return sendText(response, answer.status, 'text/html; charset=UTF-8', answer.html);
    case 'bytes':
      return sendBytes(response, answer);
    case 'lost':
      response.destroy();
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers?: Readonly<Record<string, string>>,
): void {
  sendText(response, status, JSON_TYPE, `${JSON.stringify(value, null, 2)}\n`, headers);
}

/** With `asArray`, for a stream that is no event stream and fails before its first chunk. */
export function sendError(response: ServerResponse, body: ErrorBody, asArray: boolean): void {
  sendJson(response, body.error.code, asArray ? [body] : body);
}

/** Server-sent events with CRLF, each in a packet of its own; the stream ends with the body. */
async function sendEvents(
  response: ServerResponse,
  chunks: readonly GenerateContentResponse[],
  headers: Headers = {},
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
  for (const chunk of chunks) await write(response, `data: ${JSON.stringify(chunk)}\r\n\r\n`);
  response.end();
}

/** The same chunks as one JSON array, for a client that did not ask for events. */
async function sendArray(
  response: ServerResponse,
  chunks: readonly GenerateContentResponse[],
  headers: Headers = {},
): Promise<void> {
  response.writeHead(200, { 'content-type': JSON_TYPE, ...headers });
  for (const [index, chunk] of chunks.entries()) {
    await write(response, `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk, null, 2)}`);
  }
  response.end(']');
}

async function sendBytes(
  response: ServerResponse,
  { type, size, chunks, cutAt }: Extract<Answer, { kind: 'bytes' }>,
): Promise<void> {
  response.writeHead(200, { 'content-type': type, 'content-length': size });
  let left = cutAt ?? size;
  for (const chunk of chunks) {
    await write(response, chunk.subarray(0, left));
    left -= chunk.length;
    if (response.destroyed) return;
    if (left <= 0 && cutAt !== undefined) {
      response.destroy();
      return;
    }
  }
  response.end();
}

/** Writes, and waits until the packet is sent, so that the next one is a packet of its own. */
async function write(response: ServerResponse, text: string | Buffer): Promise<void> {
  if (!response.write(text) && !response.destroyed) {
    await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  await setImmediate();
}

function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    ...headers,
  });
  response.end(bytes);
}
