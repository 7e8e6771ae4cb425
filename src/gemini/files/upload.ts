import type { Content } from '../../domain/content.js';
import { GeminiImageError } from '../../domain/error.js';
import type { Abortable } from '../../network/abort.js';
import { type RetrySettings, retryLadder } from '../../network/retry.js';
import { asText } from '../json.js';
import { keyRedactor, MIN_SECRET_LENGTH, type Redact } from '../key.js';
import { type Rest, type RestReply, repeatedly, within } from '../rest.js';
import { deleteFile, TIDY_UP_MS } from './delete-file.js';
import {
  type FileRecord,
  type FilesContext,
  readFileRecord,
  type UploadOptions,
  type UploadPicture,
} from './file-record.js';

/** The size that Google's own clients use. Only one chunk is held in memory. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/**
 * Uploads a file chunk by chunk, and after a failure continues where the server stopped. If the
 * server no longer knows the upload, it is started again, once.
 *
 * @throws GeminiImageError
 */
export async function uploadContent(
  context: FilesContext,
  picture: UploadPicture,
  { signal, tell }: UploadOptions,
): Promise<FileRecord> {
  const { rest, baseUrl, retries, clock } = context;
  const settings: RetrySettings = { retries, signal, tell, ...(clock && { clock }) };
  for (let isSecond = false; ; isSecond = true) {
    const session = await repeatedly(settings, () => startSession(rest, baseUrl, picture, signal));
    const ending = await sendAll(picture.content, session, settings);
    if ('file' in ending) return ending.file;
    const isTidy = !ending.mayHoldFile || ('error' in ending && (await tidyUp(context, session)));
    if (!isTidy) tell?.({ type: 'copyLeft' });
    if ('error' in ending) throw ending.error;
    if (isSecond) throw lost();
  }
}

/**
 * How an upload ended: with its file, with an error, or lost. If the last bytes were sent but the
 * reply did not arrive, the service may hold a file whose name is unknown.
 */
type Ending = { file: FileRecord } | { mayHoldFile: boolean; error: unknown } | Lost;
type Lost = { mayHoldFile: boolean };

async function sendAll(
  content: Content,
  session: UploadSession,
  settings: RetrySettings,
): Promise<Ending> {
  const { size } = content;
  let climb = retryLadder(settings);
  let confirmed = 0;
  let sent = 0;
  let isInDoubt = false;
  let mayHoldFile = false;

  const sendNext = async () => {
    const end = Math.min(confirmed + CHUNK_BYTES, size);
    const bytes = await content.read(confirmed, end);
    sent = Math.max(sent, end);
    mayHoldFile = end === size;
    const reply = await session.send(bytes, confirmed, end === size);
    return { ...reply, received: reply.received ?? end };
  };

  for (;;) {
    try {
      const reply = isInDoubt ? await session.query() : await sendNext();
      if (mayHoldFile && reply.file) return { file: reply.file };
      if (mayHoldFile && reply.status === 'final') return { mayHoldFile };
      const received = offsetOf(reply, isInDoubt ? confirmed : confirmed + 1, sent);
      if (received > confirmed) climb = retryLadder(settings);
      confirmed = received;
      isInDoubt = false;
      mayHoldFile = false;
    } catch (error) {
      // If the last bytes were refused, there is no file. A refusal of the query proves nothing.
      if (!isInDoubt && isRefusal(error)) mayHoldFile = false;
      if (isSessionGone(error, isInDoubt)) return { mayHoldFile };
      const end = await climb(error).catch((final: unknown) => ({ mayHoldFile, error: final }));
      if (end) return end;
      // Never send bytes twice blindly: ask the server first how many it has.
      isInDoubt = true;
    }
  }
}

/**
 * The offset to continue from. A server is wrong if it lost bytes, or has bytes that were never
 * sent.
 */
function offsetOf({ status, received }: UploadReply, least: number, most: number): number {
  if (status === 'active' && received !== undefined && received >= least && received <= most) {
    return received;
  }
  throw new GeminiImageError({
    kind: 'service',
    message: 'the upload went wrong: the server lost count of its bytes',
    hint: 'Try again later.',
  });
}

function isRefusal(error: unknown): boolean {
  return error instanceof GeminiImageError && error.httpStatus !== undefined && !error.retryable;
}

/** Whether the server no longer knows the upload. In reply to a chunk, 400 may mean anything. */
function isSessionGone(error: unknown, asked: boolean): boolean {
  if (!(error instanceof GeminiImageError)) return false;
  const { httpStatus } = error;
  return httpStatus === 404 || httpStatus === 410 || (asked && httpStatus === 400);
}

/**
 * Looks once more for the file of an abandoned upload, and deletes it.
 *
 * @returns whether it is certain that no file is left.
 */
async function tidyUp(context: FilesContext, session: UploadSession): Promise<boolean> {
  // This does not use the caller's signal, which may be what ended the upload.
  return within(TIDY_UP_MS, undefined, async (signal) => {
    const { status, file } = await session.query(signal);
    return file ? deleteFile(context, file, signal) : status === 'active';
  }).catch(() => false);
}

function lost(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: 'the upload was lost twice: the server does not say what became of it',
    hint: 'Try again later.',
  });
}

/** What the server says about an upload, in reply to a chunk or a query. */
interface UploadReply {
  /** `active` while bytes are missing, `final` when the upload is over; or an unknown word. */
  status: string | undefined;
  /** How many bytes it has. */
  received: number | undefined;
  file: FileRecord | undefined;
}

/**
 * A resumable upload, https://ai.google.dev/gemini-api/docs/files. Its URL holds an id that gives
 * access like a key, and is hidden in errors in the same way.
 */
interface UploadSession {
  /** Sends the bytes from an offset; the last ones finish the upload. */
  send(bytes: Uint8Array, offset: number, last: boolean): Promise<UploadReply>;
  /** Asks how many bytes have arrived. */
  query(signal?: Abortable): Promise<UploadReply>;
}

const NO_UPLOADS_HINT = 'Check the base URL: uploads need the Files API.';

/**
 * Starts an upload. An unfinished upload leaves nothing behind.
 *
 * @throws GeminiImageError
 */
async function startSession(
  rest: Rest,
  baseUrl: string,
  { content, mimeType }: UploadPicture,
  abort: AbortSignal | undefined,
): Promise<UploadSession> {
  const { headers } = await rest(`${baseUrl}/upload/v1beta/files`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': String(content.size),
      'x-goog-upload-header-content-type': mimeType,
    },
    // The picture's own name may tell more than its pixels.
    body: JSON.stringify({ file: { displayName: 'gemini-image' } }),
    signal: abort,
  }).catch((error: unknown) => {
    const isMissing = error instanceof GeminiImageError && error.httpStatus === 404;
    throw isMissing ? error.with({ hint: NO_UPLOADS_HINT }) : error;
  });
  const url = sessionUrl(headers['x-goog-upload-url'], baseUrl);
  const hide = sessionRedactor(url);
  const command = async (
    words: Record<string, string>,
    body?: Uint8Array,
    signal: Abortable | undefined = abort,
  ) => {
    const reply = await rest(url, {
      method: 'POST',
      headers: words,
      signal,
      hide,
      ...(body && { body }),
    });
    return readReply(reply);
  };
  return {
    send: (bytes, offset, last) =>
      command(
        {
          'x-goog-upload-command': last ? 'upload, finalize' : 'upload',
          'x-goog-upload-offset': String(offset),
        },
        bytes,
      ),
    query: (signal) => command({ 'x-goog-upload-command': 'query' }, undefined, signal),
  };
}

/**
 * The URL for the bytes. Its origin is always that of the base URL, and the path of a gateway is
 * kept in front.
 *
 * @throws GeminiImageError of kind `service` if the server gave no URL.
 */
function sessionUrl(header: string | string[] | undefined, baseUrl: string): string {
  const base = new URL(baseUrl);
  const address = asText(header);
  const named = address && URL.canParse(address, baseUrl) ? new URL(address, baseUrl) : undefined;
  if (!named || !/^https?:$/.test(named.protocol)) {
    throw new GeminiImageError({
      kind: 'service',
      message: 'the server began no upload: it named no address for it',
      hint: NO_UPLOADS_HINT,
    });
  }
  const prefix = base.pathname.replace(/\/+$/, '');
  const path = named.pathname.startsWith(`${prefix}/`)
    ? named.pathname
    : `${prefix}${named.pathname}`;
  return `${base.origin}${path}${named.search}`;
}

/** Hides the URL of a session, and its id in any place. */
function sessionRedactor(url: string): Redact {
  const { pathname, search, searchParams } = new URL(url);
  const parts = [...searchParams.values(), pathname.split('/').at(-1) ?? '']
    .filter((part) => part.length >= MIN_SECRET_LENGTH && part !== 'resumable')
    .toSorted((one, other) => other.length - one.length);
  const redactors = [`${pathname}${search}`, ...parts].map((part) =>
    keyRedactor(part, '[upload session]'),
  );
  return (text) => redactors.reduce((safe, redact) => redact(safe), text);
}

function readReply({ headers, value }: RestReply): UploadReply {
  const status = headers['x-goog-upload-status'];
  const received = headers['x-goog-upload-size-received'];
  return {
    status: typeof status === 'string' ? status.toLowerCase() : undefined,
    received: typeof received === 'string' && /^\d+$/.test(received) ? Number(received) : undefined,
    file: readFileRecord(value),
  };
}
