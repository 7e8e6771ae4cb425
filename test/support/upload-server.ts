/** A Files API on loopback, in which goes wrong what a test wants to go wrong. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { finished } from './answers.js';
import { KEY } from './ask.js';
import { json, listenOnLoopback, type Received, type Responder } from './fake-gemini.js';

type Command = 'start' | 'upload' | 'finalize' | 'query' | 'get' | 'delete' | 'ask';

/** A call as it arrived. */
export interface Call extends Received {
  command: Command;
  /** Where its bytes begin; for those that have some. */
  offset: number;
  /** How many bytes arrived. */
  bytes: number;
}

/** What becomes of a call in place of its reply. */
type Fault =
  /** The connection goes away when so many bytes have arrived, which are kept. */
  | { cutAfter: number }
  /** All is done, but nobody hears of it. */
  | 'lost reply'
  | 'silence'
  | Responder;

interface Faults {
  /** For each call of a command in turn; the last one is not repeated. */
  faults?: Partial<Record<Command, readonly (Fault | undefined)[]>>;
  /** Of the file in the reply to its last bytes, and whenever it is asked for; the last one stays. */
  states?: readonly string[];
  /** Why it is FAILED. */
  reason?: string;
  /** What the server says is the address of an upload. */
  sessionUrl?: (url: string) => string;
  /** A path in front of all others, as gateways have one. */
  prefix?: string;
  /** Told of each call before anything is done about it. */
  onCall?: (call: Call) => void;
  /** Told of each call when it is done, before the reply. */
  onDone?: (call: Call) => void;
}

interface StoredFile {
  name: string;
  mimeType: string;
  bytes: number;
  sha256: string;
}

export interface UploadServer {
  /** With the prefix. */
  url: string;
  calls: readonly Call[];
  /** The commands so far, with the offsets of those that send bytes: `upload 8388608`. */
  story(): string[];
  /** Files that were finished and not deleted. */
  files: ReadonlyMap<string, StoredFile>;
}

/** What an upload's address holds that nobody else may see. */
export const SESSION_ID = 'AHmgXz-session-id-0123456789';

interface Session {
  mimeType: string;
  size: number;
  kept: Buffer[];
  file: StoredFile | undefined;
}

export const GONE: Responder = json(
  { error: { code: 404, message: `No upload ${SESSION_ID}.`, status: 'NOT_FOUND' } },
  404,
);

/** What Google's server answers to a chunk: a head that says it is HTML, and nothing. */
export function head(status: string, received?: number): Responder {
  return (response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=UTF-8',
      'x-goog-upload-status': status,
      ...(received !== undefined && { 'x-goog-upload-size-received': String(received) }),
    });
    response.end();
  };
}

/** Starts a server for the test that runs; it is closed when the test is over. */
export async function uploadServer(settings: Faults = {}): Promise<UploadServer> {
  const { faults = {}, states = ['ACTIVE'], reason, prefix = '', onCall } = settings;
  const calls: Call[] = [];
  const files = new Map<string, StoredFile>();
  const sessions = new Map<string, Session>();
  const looks = new Map<string, number>();
  const counts: Partial<Record<Command, number>> = {};

  const shown = ({ name, mimeType, bytes }: StoredFile) => {
    const look = looks.get(name) ?? 0;
    looks.set(name, look + 1);
    const state = states[Math.min(look, states.length - 1)] ?? 'ACTIVE';
    const error = state === 'FAILED' &&
      reason !== undefined && { error: { code: 3, message: reason } };
    return { name, uri: `${url}/v1beta/${name}`, mimeType, sizeBytes: `${bytes}`, state, ...error };
  };

  const finish = (session: Session) => {
    const whole = Buffer.concat(session.kept);
    const file = {
      name: `files/file-${sessions.size}`,
      mimeType: session.mimeType,
      bytes: whole.length,
      sha256: createHash('sha256').update(whole).digest('hex'),
    };
    session.file = file;
    files.set(file.name, file);
  };

  /** Does what is asked for, and returns how to say so. */
  const obey = (call: Call, sent: Buffer): Responder => {
    const { command, headers, path } = call;
    if (headers['x-goog-api-key'] !== KEY) return json({ error: { code: 401, message: '' } }, 401);
    if (command === 'ask') return json(finished('A harbor.'));
    if (command === 'start') {
      const session = `/upload/v1beta/files?upload_id=${SESSION_ID}${sessions.size}&upload_protocol=resumable`;
      sessions.set(session, {
        mimeType: String(headers['x-goog-upload-header-content-type']),
        size: Number(headers['x-goog-upload-header-content-length']),
        kept: [],
        file: undefined,
      });
      const address = `http://127.0.0.1:${port}${prefix}${session}`;
      return json({}, 200, { 'x-goog-upload-url': settings.sessionUrl?.(address) ?? address });
    }
    if (command === 'get' || command === 'delete') {
      const file = files.get(path.replace('/v1beta/', ''));
      const message = 'You do not have permission to access the File or it may not exist.';
      if (!file) return json({ error: { code: 403, message, status: 'PERMISSION_DENIED' } }, 403);
      if (command === 'get') return json(shown(file));
      files.delete(file.name);
      return json({});
    }
    const session = sessions.get(path);
    if (!session) return GONE;
    if (command !== 'query') {
      if (call.offset !== keptBytes(session))
        return json({ error: { code: 400, message: 'offset' } }, 400);
      session.kept.push(sent);
      if (command === 'finalize' && keptBytes(session) === session.size) finish(session);
      if (command === 'upload') return head('active');
    }
    const received = { 'x-goog-upload-size-received': String(keptBytes(session)) };
    return session.file
      ? json({ file: shown(session.file) }, 200, { 'x-goog-upload-status': 'final', ...received })
      : head('active', keptBytes(session));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { headers, method = '', url: whole = '' } = request;
    // What comes without the prefix is for somebody else.
    const path = whole.startsWith(prefix) ? whole.slice(prefix.length) : `outside:${whole}`;
    const command = commandOf(method, path, headers['x-goog-upload-command']);
    const offset = Number(headers['x-goog-upload-offset']);
    const call: Call = {
      command,
      offset,
      bytes: 0,
      method,
      path,
      headers,
      body: '',
      connection: 0,
    };
    calls.push(call);
    const count = counts[command] ?? 0;
    counts[command] = count + 1;
    const fault = faults[command]?.[count];
    onCall?.(call);

    const limit = typeof fault === 'object' ? fault.cutAfter : Number.POSITIVE_INFINITY;
    const parts: Buffer[] = [];
    try {
      for await (const part of request) {
        parts.push(part.subarray(0, limit - call.bytes));
        call.bytes = Math.min(limit, call.bytes + part.length);
        if (call.bytes >= limit) break;
      }
    } catch {
      return;
    }
    const sent = Buffer.concat(parts);
    if (command === 'start' || command === 'ask') call.body = sent.toString();
    if (typeof fault === 'function') {
      await fault(response, call);
      return;
    }
    if (fault === 'silence') return;
    if (typeof fault === 'object') {
      sessions.get(path)?.kept.push(sent);
      response.socket?.resetAndDestroy();
      return;
    }
    const reply = obey(call, sent);
    settings.onDone?.(call);
    if (fault === 'lost reply') response.socket?.resetAndDestroy();
    else await reply(response, call);
  };

  const server = createServer((request, response) => void handle(request, response));
  server.on('connection', (socket) => socket.on('error', () => {}));
  const port = await listenOnLoopback(server);
  const url = `http://127.0.0.1:${port}${prefix}`;
  const story = () =>
    calls.map(({ command, offset }) => (Number.isNaN(offset) ? command : `${command} ${offset}`));
  return { url, calls, story, files };
}

function keptBytes({ kept }: Session): number {
  return kept.reduce((sum, part) => sum + part.length, 0);
}

function commandOf(method: string, path: string, words: string | string[] | undefined): Command {
  if (method === 'GET') return 'get';
  if (method === 'DELETE') return 'delete';
  if (path.includes(':generateContent')) return 'ask';
  if (words === 'upload, finalize') return 'finalize';
  if (words === 'start' || words === 'upload' || words === 'query') return words;
  throw new Error(`${method} ${path} is no call of the Files API`);
}
