// Google's resumable upload protocol: start, chunks, queries of the offset, and the end.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ApiError, invalidArgument, notFound } from '../http/errors.js';
import { fail } from '../http/failures.js';
import type { Answer } from '../http/reply.js';
import { checkQuery, type RequestLine, UPLOAD_PATH } from '../http/router.js';
import { parseCreateFileRequest } from '../messages/parse.js';
import type { Files } from './files.js';
import { type Announcement, CHUNK_GRANULARITY, Upload } from './upload.js';
import type { FaultSchedule } from './upload-faults.js';

export interface UploadsOptions {
  /** The beginning of the URLs that bytes are sent to, without a trailing slash. */
  readonly origin: string;
  readonly faults: FaultSchedule;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** In bytes. */
const LARGEST_FILE = 2 * 1024 ** 3;
const LARGEST_PROJECT = 20 * 1024 ** 3;
/** Unfinished uploads of all keys together. */
const MOST_OPEN = 1000;
const LONGEST_DISPLAY_NAME = 512;
const LIFETIME_MS = 48 * 60 * 60 * 1000;

type Work = (upload: Upload, request: IncomingMessage) => Promise<Answer>;

export class Uploads {
  readonly #files: Files;
  readonly #options: UploadsOptions;
  readonly #uploads = new Map<string, Upload>();
  /** `X-Goog-Upload-Command`, spelled with one blank after the comma. */
  readonly #commands: Readonly<Record<string, Work>> = {
    query: async (upload) => this.#progress(upload),
    upload: (upload, request) => this.#take(upload, request, false),
    'upload, finalize': (upload, request) => this.#take(upload, request, true),
    finalize: async (upload) => {
      checkActive(upload);
      upload.checkComplete();
      return this.#finalize(upload);
    },
  };

  constructor(files: Files, options: UploadsOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** Throws 400 or 429 for a file that could not be taken. */
  start(owner: string, headers: IncomingHttpHeaders, json: unknown): Answer {
    const announced = readAnnouncement(headers, json);
    this.#sweep();
    const open = [...this.#uploads.values()].filter(({ file }) => file === undefined);
    if (open.length >= MOST_OPEN) throw tooManyOpen();
    const reserved = open
      .filter((upload) => upload.owner === owner)
      .reduce((sum, upload) => sum + upload.announced.size, 0);
    const stored = this.#files.bytesOf(owner);
    if (stored + reserved + announced.size > LARGEST_PROJECT) throw storageFull();
    const upload = new Upload(owner, announced, this.#options.now() + LIFETIME_MS);
    this.#uploads.set(upload.id, upload);
    const query = new URLSearchParams({ upload_id: upload.id, upload_protocol: 'resumable' });
    return {
      kind: 'json',
      value: {},
      headers: {
        'x-goog-upload-status': 'active',
        'x-goog-upload-url': `${this.#options.origin}${UPLOAD_PATH}?${query}`,
        'x-goog-upload-chunk-granularity': String(CHUNK_GRANULARITY),
      },
    };
  }

  /**
   * A request to the URL of an upload. It needs no key, because the URL itself is the permission.
   * Rejects with 404 for an upload that does not exist any more, and with 400 for a request that
   * breaks the protocol.
   */
  async receive(line: RequestLine, request: IncomingMessage): Promise<Answer> {
    checkQuery('upload', line.query);
    this.#sweep();
    const upload = this.#uploads.get(line.query.get('upload_id') ?? '');
    if (upload === undefined) throw notFound('Requested entity was not found.');
    const given = String(request.headers['x-goog-upload-command'] ?? '');
    const name = given
      .split(',')
      .map((part) => part.trim())
      .join(', ');
    const work = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (work === undefined) throw invalidHeader('Command', given);
    if (!name.startsWith('upload') && Number(request.headers['content-length'] ?? 0) > 0) {
      throw invalidArgument(`Upload command "${name}" takes no bytes.`);
    }
    return upload.inTurn(request, () => work(upload, request));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#uploads.values()].map((upload) => upload.close()));
  }

  async #take(upload: Upload, request: IncomingMessage, isLast: boolean): Promise<Answer> {
    checkActive(upload);
    const given = String(request.headers['x-goog-upload-offset'] ?? '');
    const offset = readBytes(given);
    if (offset === undefined) throw invalidHeader('Offset', given);
    if (offset !== upload.received) {
      throw invalidArgument(
        `Upload offset ${offset} does not match the ${upload.received} bytes received so far.`,
      );
    }
    const fault = this.#options.faults.next('chunk');
    if (fault?.kind === 'refused') return fail(fault.status, undefined);
    const length = Number(request.headers['content-length'] ?? upload.announced.size - offset);
    const cutAfter = fault?.kind === 'cut' ? Math.floor(length / 2) : undefined;
    if (!(await upload.take(request, isLast, cutAfter))) return { kind: 'lost' };
    return isLast ? this.#finalize(upload) : active();
  }

  async #finalize(upload: Upload): Promise<Answer> {
    const { faults } = this.#options;
    const isLost = faults.next('finalize') !== undefined;
    upload.file = this.#files.add(upload.owner, upload.finish(), faults.next('file')?.kind);
    return isLost ? { kind: 'lost' } : this.#progress(upload);
  }

  async #progress(upload: Upload): Promise<Answer> {
    if (upload.file === undefined) {
      return active({ 'x-goog-upload-size-received': String(upload.received) });
    }
    const file = await this.#files.get(upload.owner, upload.file);
    return { kind: 'json', value: { file }, headers: { 'x-goog-upload-status': 'final' } };
  }

  #sweep(): void {
    const now = this.#options.now();
    for (const upload of [...this.#uploads.values()]) {
      if (now < upload.expiresAt) continue;
      this.#uploads.delete(upload.id);
      void upload.close();
    }
  }
}

function active(headers: Readonly<Record<string, string>> = {}): Answer {
  return { kind: 'json', value: {}, headers: { 'x-goog-upload-status': 'active', ...headers } };
}

function checkActive({ file }: Upload): void {
  if (file !== undefined) throw invalidArgument('Upload has already been terminated.');
}

function readAnnouncement(headers: IncomingHttpHeaders, json: unknown): Announcement {
  const header = (name: string) => String(headers[`x-goog-upload-${name.toLowerCase()}`] ?? '');
  const demand = (name: string, holds: (value: string) => boolean) => {
    const value = header(name);
    if (!holds(value)) throw invalidHeader(name, value);
    return value;
  };
  demand('Protocol', (value) => value === 'resumable');
  demand('Command', (value) => value === 'start');
  const mimeType = demand('Header-Content-Type', (value) => /^[\w.+-]+\/[\w.+-]+$/.test(value));
  const length = demand('Header-Content-Length', (value) => readBytes(value) !== undefined);
  const size = Number(length);
  if (size > LARGEST_FILE) {
    throw invalidArgument(`File size exceeds the limit: ${LARGEST_FILE} bytes.`);
  }
  const { displayName = '' } = parseCreateFileRequest(json).file ?? {};
  if ([...displayName].length > LONGEST_DISPLAY_NAME) {
    const problem = `display_name must be no more than ${LONGEST_DISPLAY_NAME} characters.`;
    throw invalidArgument(`* CreateFileRequest.file.display_name: ${problem}\n`);
  }
  return { mimeType, size, ...(displayName && { displayName }) };
}

function readBytes(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function invalidHeader(name: string, value: string): ApiError {
  const problem = value === '' ? 'is missing' : `has an invalid value: ${JSON.stringify(value)}`;
  return invalidArgument(`Upload header X-Goog-Upload-${name} ${problem}.`);
}

function tooManyOpen(): ApiError {
  return new ApiError(
    429,
    'RESOURCE_EXHAUSTED',
    `Too many uploads are not finished: ${MOST_OPEN} at most.`,
  );
}

function storageFull(): ApiError {
  return new ApiError(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota. Quota exceeded for metric: ' +
      `generativelanguage.googleapis.com/file_storage_bytes, limit: ${LARGEST_PROJECT}`,
  );
}
