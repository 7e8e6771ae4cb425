import { GeminiImageError } from '../../domain/error.js';
import { asText } from '../json.js';
import { keyRedactor, MIN_SECRET_LENGTH, type Redact } from '../key.js';
import type { Rest, RestReply } from '../rest.js';
import { type FileRecord, readFileRecord } from './file-record.js';
import type { UploadPicture } from './files-context.js';

/** What the server says of an upload after a chunk, or where it is asked. */
export interface UploadReply {
  /** `active` while bytes are missing, `final` when there is nothing more to do; or a new word. */
  status: string | undefined;
  /** How many bytes it has. */
  received: number | undefined;
  file: FileRecord | undefined;
}

/**
 * A resumable upload, https://ai.google.dev/gemini-api/docs/files. Its URL holds an id that is as
 * good as a key, and is hidden in errors like one.
 */
export interface UploadSession {
  /** Sends the bytes from an offset; the last ones finish the upload. */
  send(bytes: Uint8Array, offset: number, last: boolean): Promise<UploadReply>;
  /** Asks how far it is. */
  query(signal?: AbortSignal): Promise<UploadReply>;
}

const NO_UPLOADS_HINT = 'Check the base URL: large pictures need the Files API.';

/**
 * Starts an upload. One that is not finished leaves nothing behind.
 *
 * @throws GeminiImageError
 */
export async function startSession(
  rest: Rest,
  baseUrl: string,
  { content, mimeType }: UploadPicture,
  caller: AbortSignal | undefined,
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
    // Not the picture's name, which may tell more than its pixels.
    body: JSON.stringify({ file: { displayName: 'gemini-image' } }),
    signal: caller,
  }).catch((error: unknown) => {
    const isMissing = error instanceof GeminiImageError && error.httpStatus === 404;
    throw isMissing ? error.with({ hint: NO_UPLOADS_HINT }) : error;
  });
  const url = sessionUrl(headers['x-goog-upload-url'], baseUrl);
  const hide = sessionRedactor(url);
  const command = async (words: Record<string, string>, body?: Uint8Array, signal = caller) => {
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
 * Where the bytes go: never to another origin than the base URL's, whose path, as gateways have
 * one, stays in front.
 *
 * @throws GeminiImageError of kind `service` where the server named no URL.
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

/** Hides a session's URL, and the id inside it wherever a server keeps it. */
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
