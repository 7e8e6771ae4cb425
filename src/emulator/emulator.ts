/**
 * A Gemini API on loopback, as strict as the real one, over real HTTP. It makes a first run, a
 * demo or a test possible without a key, a network or a bill. Written from Google's public
 * reference and recorded answers; it shares no code with the client, so that a mistake of the
 * client cannot hide in it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { readBody } from './body.js';
import { ApiError } from './errors.js';
import {
  createFailureSchedule,
  type FailureRule,
  type FailureSchedule,
  failureOf,
} from './failures.js';
import { sendArray, sendError, sendEvents, sendHtml, sendJson } from './reply.js';
import { readRequestLine } from './router.js';
import { answer } from './service.js';

export interface EmulatorOptions {
  /** 0, the default, is any free port. */
  port?: number;
  /** Milliseconds before every answer. */
  latencyMs?: number;
  /** Shares of the POST requests (0–1) that are answered with an error instead. */
  failures?: readonly FailureRule[];
}

export interface Emulator {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  /** Stops listening and ends open connections, also those in the middle of an answer. */
  close(): Promise<void>;
}

interface World {
  readonly latencyMs: number;
  readonly failures: FailureSchedule;
}

/**
 * Rejects with Node's error (EADDRINUSE, …) when it cannot listen, and with a RangeError for
 * failures outside their ranges.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const world: World = {
    latencyMs: options.latencyMs ?? 0,
    failures: createFailureSchedule(options.failures ?? []),
  };
  const server = createServer({ noDelay: true }, (request, response) => {
    void serve(request, response, world);
  });
  // A client in a test may pause between requests; it shall not meet a connection about to close.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port ?? 0, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

/** Never rejects: what is left to fail is a client that went away. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
): Promise<void> {
  try {
    await handle(request, response, world);
  } catch {
    response.destroy();
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { latencyMs, failures }: World,
): Promise<void> {
  const line = readRequestLine(request.method, request.url);
  const isEventStream = line.query.get('alt') === 'sse';
  const isStream = line.path.endsWith(':streamGenerateContent');
  const body = await readBody(request);
  if (latencyMs > 0) await wait(latencyMs, response);
  try {
    const status = line.verb === 'POST' ? failures.next() : undefined;
    if (status !== undefined) {
      const failure = failureOf(status, /\/models\/([\w.-]+)/.exec(line.path)?.[1]);
      if (failure.kind === 'error') throw failure.error;
      sendHtml(response, failure.status, failure.html);
      return;
    }
    const result = await answer(line, request.headers, body);
    if (result.kind === 'json') sendJson(response, 200, result.value);
    else if (isEventStream) await sendEvents(response, result.chunks);
    else await sendArray(response, result.chunks);
  } catch (error) {
    if (response.headersSent) throw error;
    const known = error instanceof ApiError ? error : new ApiError(500, 'INTERNAL', String(error));
    sendError(response, known.toBody(), isStream && !isEventStream);
  }
}

/** Rejects as soon as the connection is gone, be it the client's doing or that of `close`. */
async function wait(milliseconds: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (response.destroyed) gone.abort();
  await setTimeout(milliseconds, undefined, { signal: gone.signal });
}
