// A Gemini API on loopback, as strict as the real one, over real HTTP. It makes a first run, a demo
// or a test possible without a key, a network or a bill. It was written from Google's public
// reference and recorded answers. It shares no code with the client, so that it cannot repeat a
// mistake of the client.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type BatchFault, createBatchFaults } from './batches/batch-faults.js';
import { Batches } from './batches/batches.js';
import { Files } from './files/files.js';
import { createFaultSchedule, type UploadFault } from './files/upload-faults.js';
import { Uploads } from './files/uploads.js';
import { type Body, OpenBodies, readBody, skipBody } from './http/body.js';
import { ApiError, permissionDenied } from './http/errors.js';
import {
  createFailureSchedule,
  type FailureRule,
  type FailureSchedule,
  fail,
} from './http/failures.js';
import { type Answer, sendAnswer, sendError } from './http/reply.js';
import { isUpload, type RequestLine, readRequestLine } from './http/router.js';
import type { AskedRequest } from './script/asked.js';
import { type ScriptedAnswers, scriptOf } from './script/script.js';
import { answer, respond, type Storage, tellOfFailing } from './service.js';

export interface EmulatorOptions {
  /** 0, the default, is any free port. */
  port?: number | undefined;
  /** Milliseconds before every answer. */
  latency?: number | undefined;
  /** Shares of the POST requests (0–1) that are answered with an error instead. */
  fail?: readonly FailureRule[] | undefined;
  /** What is answered; without it, and where it says nothing, answers are made from the pixels. */
  answers?: ScriptedAnswers | undefined;
  /** Told of each question when it comes in. */
  onAsked?: ((asked: AskedRequest) => void) | undefined;
  uploadFaults?: readonly UploadFault[];
  /** Milliseconds for which an uploaded file is PROCESSING; by default it is ACTIVE immediately. */
  processingMs?: number;
  /** Milliseconds from the creation of a batch job to its end; by default it ends at once. */
  batchMs?: number;
  batchFaults?: readonly BatchFault[];
  /**
   * The beginning of the URLs in answers, without a trailing slash; by default the emulator's own.
   * Another one tests whether a client sends its uploads to its base URL all the same.
   */
  origin?: string;
  /** Milliseconds since 1970, for the states and the end of files and uploads. */
  now?: () => number;
}

export interface Emulator {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  /** Stops listening and ends open connections, also those in the middle of an answer. */
  close(): Promise<void>;
}

interface World extends Storage {
  /** What clients may call this service, in lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly bodies: OpenBodies;
  readonly latency: number;
  readonly failures: FailureSchedule;
}

/**
 * Rejects with Node's error (EADDRINUSE, …) when it cannot listen, and with a RangeError for
 * failures outside their ranges, and with a TypeError for answers that are none.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { latency = 0, processingMs = 0, now = Date.now, answers, onAsked } = options;
  const rules = options.fail ?? [];
  const failures = createFailureSchedule(rules.filter(({ tier }) => tier === undefined));
  const shed = createFailureSchedule(rules.filter(({ tier }) => tier === 'flex'));
  const faults = createFaultSchedule(options.uploadFaults ?? []);
  const script = answers === undefined ? undefined : await scriptOf(answers);
  const stage = { script, onAsked };
  const server = createServer({ noDelay: true });
  // A client in a test may pause between requests, and its connection must not close meanwhile.
  server.keepAliveTimeout = 60_000;
  // An upload of 2 GB over a slow line takes longer than the five minutes of Node's default.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port ?? 0, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const origin = options.origin ?? url;
  const files = new Files({ origin, processingMs, now });
  const uploads = new Uploads(files, { origin, faults, now });
  const batches = new Batches(files, {
    batchMs: options.batchMs ?? 0,
    faults: createBatchFaults(options.batchFaults ?? []),
    now,
    respond: (model, json, key) => respond(model, json, { key, files, stage }),
  });
  const hosts = new Set([
    ...['127.0.0.1', 'localhost', '[::1]'].map((name) => (port === 80 ? name : `${name}:${port}`)),
    new URL(origin).host,
  ]);
  const bodies = new OpenBodies();
  server.on('request', (request, response) => {
    const storage = { files, uploads, batches, shed, stage };
    void serve(request, response, { latency, failures, ...storage, hosts, bodies });
  });
  let closed: Promise<void> | undefined;
  return {
    url,
    close() {
      closed ??= closeAll(server, { files, uploads, batches });
      return closed;
    },
  };
}

async function closeAll(
  server: Server,
  { files, uploads, batches }: Omit<Storage, 'shed' | 'stage'>,
): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  await uploads.close();
  batches.close();
  files.close();
}

/** Never rejects: the only failure left is a client that went away. */
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
  world: World,
): Promise<void> {
  const line = readRequestLine(request.method, request.url);
  const isEventStream = line.query.get('alt') === 'sse';
  const isStream = line.path.endsWith(':streamGenerateContent');
  try {
    checkHost(request, world.hosts);
    const body = isUpload(line) ? undefined : await readBody(request, world.bodies);
    const result = await resultOf(line, request, body, world).finally(() =>
      wait(world.latency, response),
    );
    if (result.kind !== 'lost') await skipBody(request);
    await sendAnswer(response, result, isEventStream);
  } catch (error) {
    if (response.headersSent || response.destroyed) throw error;
    await skipBody(request);
    const known = error instanceof ApiError ? error : new ApiError(500, 'INTERNAL', String(error));
    sendError(response, known.toBody(), isStream && !isEventStream);
  }
}

/**
 * Throws 403 for a request with another host name. Otherwise a web page whose name was made to lead
 * to this machine (DNS rebinding) could pass as a local program.
 */
function checkHost({ headers: { host = '' } }: IncomingMessage, hosts: ReadonlySet<string>): void {
  if (hosts.has(host.toLowerCase())) return;
  throw permissionDenied('This emulator answers to 127.0.0.1 and localhost only.');
}

/** If the body is not read yet, the request carries the bytes of an upload. */
async function resultOf(
  line: RequestLine,
  request: IncomingMessage,
  body: Body | undefined,
  { failures, ...storage }: World,
): Promise<Answer> {
  const status = line.verb === 'POST' ? failures.next() : undefined;
  if (status !== undefined && body) tellOfFailing(line, request.headers, body, storage);
  if (status !== undefined) return fail(status, /\/models\/([\w.-]+)/.exec(line.path)?.[1]);
  if (body === undefined) return storage.uploads.receive(line, request);
  return answer(line, request.headers, body, storage);
}

/** Rejects as soon as the connection has ended, by the client or by `close`. */
async function wait(milliseconds: number, response: ServerResponse): Promise<void> {
  if (milliseconds === 0) return;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (response.destroyed) gone.abort();
  await setTimeout(milliseconds, undefined, { signal: gone.signal });
}
