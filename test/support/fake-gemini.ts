/** A Gemini API that answers by a script, over real HTTP on loopback. */
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as it arrived. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** 1 for the first connection to the server, and so on. */
  connection: number;
}

export type Responder = (response: ServerResponse, request: Received) => void | Promise<void>;

export interface FakeGemini {
  url: string;
  port: number;
  requests: readonly Received[];
  /** How many connections were made. */
  connections(): number;
}

/**
 * Starts a server for the test that runs; it is closed when the test is over.
 *
 * @param script an answer for each request in turn; the last one is given to all that follow.
 */
export function fakeGemini(...script: Responder[]): Promise<FakeGemini> {
  return listen(createServer(), 'http://127.0.0.1', script);
}

/** The same with TLS, by a certificate that nobody trusts who was not told to. */
export function fakeGeminiWithTls(...script: Responder[]): Promise<FakeGemini> {
  const tls = { key: tlsFile('server-key.pem'), cert: tlsFile('server.pem') };
  return listen(createTlsServer(tls), 'https://localhost', script);
}

function tlsFile(name: string): Buffer {
  return readFileSync(new URL(`tls/${name}`, import.meta.url));
}

async function listen(
  server: Server | TlsServer,
  address: string,
  script: readonly Responder[],
): Promise<FakeGemini> {
  const requests: Received[] = [];
  const numbers = new WeakMap<object, number>();
  let connections = 0;
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return;
    }
    const received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString(),
      connection: numbers.get(request.socket) ?? 0,
    };
    requests.push(received);
    await script[Math.min(requests.length, script.length) - 1]?.(response, received);
  });
  server.on('connection', (socket) => {
    connections += 1;
    numbers.set(socket, connections);
    socket.on('error', () => {});
  });
  const port = await listenOnLoopback(server);
  return { url: `${address}:${port}`, port, requests, connections: () => connections };
}

/** Opens a server on a free port; it is closed when the test is over. */
export async function listenOnLoopback(server: Server | TlsServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return (server.address() as AddressInfo).port;
}

/** A port on loopback where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

type Headers = Record<string, string>;

/** Answers with a body as it is. */
export function body(text: string | Uint8Array, status: number, headers: Headers = {}): Responder {
  return (response) => {
    response.writeHead(status, headers);
    response.end(text);
  };
}

export function json(value: unknown, status = 200, headers: Headers = {}): Responder {
  const type = { 'content-type': 'application/json; charset=UTF-8' };
  return body(JSON.stringify(value), status, { ...type, ...headers });
}

export function html(text: string, status: number, headers: Headers = {}): Responder {
  return body(text, status, { 'content-type': 'text/html; charset=utf-8', ...headers });
}

/** How a response ends: properly, or by the connection going away. */
export type Ending = 'end' | 'close' | 'reset' | 'stay open';

/**
 * Answers with an event stream in the given pieces. Each one arrives by itself, since each is an
 * HTTP chunk of its own.
 */
export function packets(
  pieces: readonly (string | Uint8Array)[],
  { ending = 'end', type = 'text/event-stream' }: { ending?: Ending; type?: string } = {},
): Responder {
  return async (response) => {
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
    for (const piece of pieces) await write(response, piece);
    finish(response, ending);
  };
}

/** A proper event stream, as the API sends it. */
export function sse(...chunks: unknown[]): Responder {
  return packets(chunks.map(event));
}

/** One event of a stream. */
export function event(chunk: unknown): string {
  return `data: ${JSON.stringify(chunk)}\r\n\r\n`;
}

/** Never answers. */
export const silence: Responder = () => {};

/** Takes the connection away in place of an answer. */
export const hangUp: Responder = (response) => {
  response.socket?.resetAndDestroy();
};

async function write(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => response.write(piece, () => resolve()));
}

function finish(response: ServerResponse, ending: Ending): void {
  if (ending === 'end') response.end();
  else if (ending === 'close') response.socket?.end();
  else if (ending === 'reset') response.socket?.resetAndDestroy();
}
