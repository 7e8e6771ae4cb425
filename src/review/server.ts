// The server of the page: on loopback only, for the browser that has the token.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode, GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import { whyUnread } from '../domain/system-errors.js';
import { createGuard, type Guard, SAFE_HEADERS, TOKEN_PARAMETER } from './guard.js';
import type { PageFiles } from './page-files.js';

/** What is asked of the server, once it is known who asks. */
export interface Asked {
  path: string;
  parameters: URLSearchParams;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** The body of a POST, as JSON. */
  body: unknown;
}

export type Reply =
  | { status: number; json: unknown }
  | { status: number; bytes: Uint8Array; mimeType: string; maxAge?: number }
  /** An answer that goes on: a stream of events, until the page goes away. */
  | { events: (send: (data: unknown) => void, signal: AbortSignal) => Promise<void> };

export interface Routes {
  get(asked: Asked): Promise<Reply | undefined>;
  post(asked: Asked): Promise<Reply | undefined>;
}

export interface ReviewServer {
  /** With the token; for the user's eyes only. */
  url: string;
  close(): Promise<void>;
}

/** A replacement in all answers of a large ledger. */
const MOST_BYTES = 64 << 20;

/**
 * Listens on 127.0.0.1.
 *
 * @param ports which ports to try, one after the other; 0 is any free one.
 * @throws GeminiImageError of kind `usage` if none of them is free.
 */
export async function startServer(
  ports: readonly number[],
  page: PageFiles,
  routes: Routes,
  onBug: (error: unknown) => void,
): Promise<ReviewServer> {
  let port = 0;
  const guard = createGuard(() => port);
  const files = filesOf(page);
  const server = createServer((request, response) => {
    answer(request, response, guard, files, routes).catch((error: unknown) => {
      if (error instanceof GeminiImageError) return failed(response, error);
      onBug(error);
      return reply(response, {
        status: 500,
        json: { why: 'something is wrong; see the terminal' },
      });
    });
  });
  port = await listen(server, ports);
  return {
    url: `http://127.0.0.1:${port}/?${TOKEN_PARAMETER}=${guard.token}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, ports: readonly number[]): Promise<number> {
  let failure: unknown;
  for (const port of ports) {
    try {
      await new Promise<void>((done, fail) => {
        server.once('error', fail).listen(port, '127.0.0.1', () => {
          server.off('error', fail);
          done();
        });
      });
      const { port: given } = server.address() as AddressInfo;
      return given;
    } catch (error) {
      failure = error;
    }
  }
  const why = errorCode(failure) === 'EADDRINUSE' ? 'it is in use' : whyUnread(failure);
  throw usageError(
    `cannot listen on port ${ports[0] ?? 0}: ${why}`,
    'Choose another one with --port, or 0 for any free one.',
    failure,
  );
}

type Files = ReadonlyMap<string, { bytes: Buffer; mimeType: string }>;

function filesOf({ html, script, style, icon }: PageFiles): Files {
  return new Map([
    ['/', { bytes: Buffer.from(html), mimeType: 'text/html; charset=utf-8' }],
    ['/page.js', { bytes: Buffer.from(script), mimeType: 'text/javascript; charset=utf-8' }],
    ['/page.css', { bytes: Buffer.from(style), mimeType: 'text/css; charset=utf-8' }],
    ['/icon.svg', { bytes: Buffer.from(icon), mimeType: 'image/svg+xml' }],
  ]);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
  files: Files,
  routes: Routes,
): Promise<void> {
  const { method = 'GET' } = request;
  if (!guard.isForUs(request)) return refuse(response, 421, 'This server has another name.');
  const { pathname: path, searchParams: parameters } = new URL(
    request.url ?? '/',
    'http://127.0.0.1',
  );
  const token = parameters.get(TOKEN_PARAMETER);
  if (method === 'GET' && path === '/' && token !== null && guard.isToken(token)) {
    parameters.delete(TOKEN_PARAMETER);
    const rest = parameters.size > 0 ? `?${parameters}` : '';
    const location = `/${rest}`;
    response.writeHead(303, { ...SAFE_HEADERS, location, 'set-cookie': guard.cookie() }).end();
    return;
  }
  if (!guard.isFromUs(request)) return refuse(response, 403, 'Another page must not ask here.');
  if (!guard.hasCookie(request)) {
    return refuse(response, 403, 'Open the address that gemini-image review has printed.');
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const asked = { path, parameters, signal: gone.signal, body: undefined };
  if (method === 'GET' || method === 'HEAD') {
    const file = files.get(path);
    if (file) return reply(response, { status: 200, ...file });
    return replyOr404(response, await routes.get(asked), gone.signal);
  }
  if (method !== 'POST') return refuse(response, 405, 'That is not done here.');
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return refuse(response, 415, 'Only JSON is taken.');
  }
  const body = await readJson(request);
  if (body === undefined) return refuse(response, 400, 'That is no JSON, or too much of it.');
  return replyOr404(response, await routes.post({ ...asked, ...body }), gone.signal);
}

async function readJson(request: IncomingMessage): Promise<{ body: unknown } | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) return undefined;
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return { body: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch {
    return undefined;
  }
}

function replyOr404(
  response: ServerResponse,
  given: Reply | undefined,
  signal: AbortSignal,
): Promise<void> | void {
  if (!given) return refuse(response, 404, 'There is nothing here.');
  if (!('events' in given)) return reply(response, given);
  response.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'text/event-stream' });
  const send = (data: unknown) => void response.write(`data: ${JSON.stringify(data)}\n\n`);
  return given.events(send, signal).finally(() => response.end());
}

function reply(response: ServerResponse, given: Exclude<Reply, { events: unknown }>): void {
  const { bytes, mimeType, maxAge } =
    'json' in given
      ? {
          bytes: Buffer.from(JSON.stringify(given.json)),
          mimeType: 'application/json; charset=utf-8',
          maxAge: undefined,
        }
      : given;
  response.writeHead(given.status, {
    ...SAFE_HEADERS,
    'content-type': mimeType,
    'content-length': bytes.length,
    ...(maxAge !== undefined && { 'cache-control': `private, max-age=${maxAge}` }),
  });
  response.end(bytes);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  const bytes = Buffer.from(`${why}\n`);
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': bytes.length,
    connection: 'close',
  });
  response.end(bytes);
}

/** An error of a kind that users meet is told to the page. */
function failed(response: ServerResponse, { message, hint }: GeminiImageError): void {
  if (response.headersSent) return void response.end();
  reply(response, { status: 422, json: { why: message, ...(hint && { hint }) } });
}

/** Whether a value is a list of whole numbers from 0 on. */
export function arePositions(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isInteger(one) && one >= 0);
}

/** The object in a body; undefined if it is none. */
export function objectIn(body: unknown): Record<string, unknown> | undefined {
  return isObject(body) ? body : undefined;
}
