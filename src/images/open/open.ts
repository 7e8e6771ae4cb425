import { fstatSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { type Content, contentOf, lentContent } from '../../domain/content.js';
import { GeminiImageError, inputError, interrupted } from '../../domain/error.js';
import { lend } from '../../domain/lent-memory.js';
import { version } from '../../domain/version.js';
import { cannotRead, megabytes } from '../errors.js';
import type { ImageReference } from '../find/reference.js';
import type { FetchOptions } from '../web/fetch-image.js';
import { type ByteSource, lookInto, sourceOf } from './byte-source.js';
import { changedWhileRead, fileContent, fill, openToRead, readSmall } from './file.js';

/** A picture's bytes: in memory, or in a file that is too large to be held there. */
export interface OpenImage {
  readonly content: Content;
  /** The bytes if they are in memory, else the file's path. */
  readonly held: Uint8Array | string;
  /** For parsers, if the bytes are in memory: one, so that they know what they have read already. */
  readonly source?: ByteSource;
  /** When the file was last changed; absent if there is no file. */
  readonly changed?: Date;
  /** Of a file over a megabyte: where its bytes can be read again, as long as it is the same. */
  readonly file?: FileOfBytes;
}

/** A file as it was when its bytes were read. */
export interface FileOfBytes {
  readonly bytes: Uint8Array;
  readonly path: string;
  /** In milliseconds since 1970, with their fractions. */
  readonly mtimeMs: number;
}

export interface OpenOptions {
  /** Standard input, if the program has one. */
  stdin?: (() => Readable) | undefined;
  web: WebSettings;
  tell?: FetchOptions['tell'];
  signal?: AbortSignal | undefined;
}

/** How pictures are fetched from `http(s)` addresses. */
export type WebSettings = Pick<
  FetchOptions,
  'timeoutMs' | 'retries' | 'allowPrivateHosts' | 'proxy'
>;

const USER_AGENT = `gemini-image/${version}`;

/** A larger file stays on the disk and is read when it is needed. */
const MAX_HELD_FILE_BYTES = 16_777_216;

/** Pictures that are not files have to be held in memory. */
const MAX_HELD_BYTES = 100_000_000;

const imageSources = {
  stdin: async (_source, options) => {
    if (!options.stdin) throw inputError('there is no standard input to read');
    return collect(options.stdin(), options.signal);
  },
  url: async (address, { web, ...options }) => {
    const { fetchImage } = await import('../web/fetch-image.js');
    const limits = { maxBytes: MAX_HELD_BYTES, userAgent: USER_AGENT };
    return held(await fetchImage(address, { ...web, ...options, ...limits }));
  },
  file: (path, options, isListed) => openFile(path, options, isListed),
  data: async (url) => held(bytesOfDataUrl(url)),
} as const satisfies Record<
  ImageReference['kind'],
  (source: string, options: OpenOptions, isListed?: boolean) => Promise<OpenImage>
>;

/**
 * The bytes that a `data:` URL holds.
 *
 * @throws GeminiImageError of kind `input` if it is none.
 */
function bytesOfDataUrl(url: string): Uint8Array {
  const [, kind = '', data] = /^data:([^,]*),(.*)$/is.exec(url) ?? [];
  if (data === undefined) throw inputError('it is no data: URL');
  try {
    const text = decodeURIComponent(data);
    return Buffer.from(text, /;\s*base64\s*$/i.test(kind) ? 'base64' : 'utf8');
  } catch (error) {
    throw inputError('its data: URL is broken', undefined, error);
  }
}

/** @throws GeminiImageError of kind `input`, or `service` for the web, if it cannot be read. */
export function openImage(
  { kind, source, isListed }: ImageReference,
  options: OpenOptions,
): Promise<OpenImage> {
  return imageSources[kind](source, options, isListed);
}

/** Bytes in memory, as an opened picture. */
export function held(bytes: Uint8Array): OpenImage {
  return { content: contentOf(bytes), held: bytes, source: sourceOf(bytes) };
}

/** Lets a parser read the bytes, in memory or in the file. */
export function look<T>({ content, held, source }: OpenImage, parse: (source: ByteSource) => T): T {
  // Whoever changes the bytes of a picture need not think of its source.
  if (typeof held !== 'string') return parse(source?.of === held ? source : sourceOf(held));
  try {
    return lookInto(held, content.size, parse);
  } catch (error) {
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  }
}

/** The whole of a picture's bytes. */
export async function readAll({ content, held }: OpenImage): Promise<Uint8Array> {
  return typeof held === 'string' ? content.read(0, content.size) : held;
}

const OTHER_SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;
const OTHER_SCHEME_HINT = 'Only http and https addresses are fetched.';

/**
 * @param isListed whether it was a regular file just now.
 * @throws GeminiImageError of kind `input`, or `interrupted`.
 */
export async function openFile(
  name: string,
  { signal }: Pick<OpenOptions, 'signal'>,
  isListed = false,
): Promise<OpenImage> {
  if (name === '') throw inputError('the name is empty');
  if (signal?.aborted) throw interrupted(signal);
  const small = readSmall(name, isListed);
  if (small) {
    const { bytes, changed } = small;
    return { content: lentContent(bytes), held: bytes, source: sourceOf(bytes), changed };
  }
  const file = await openToRead(name, signal).catch((error: unknown) => {
    if (error instanceof GeminiImageError) throw error;
    const failure = cannotRead(error);
    throw OTHER_SCHEME.test(name) ? failure.with({ hint: OTHER_SCHEME_HINT }) : failure;
  });
  try {
    // Synchronous, because a thread of the pool would take longer.
    const stats = fstatSync(file.fd);
    const { mtime: changed } = stats;
    if (stats.isDirectory()) throw inputError('it is a folder');
    // A pipe such as <(…) has no size, and cannot be read twice.
    if (!stats.isFile()) return await collect(file.createReadStream({ autoClose: false }), signal);
    if (stats.size > MAX_HELD_FILE_BYTES) {
      return { content: await fileContent(name), held: name, changed };
    }
    // Not `readFile`, which looks at the file again, twice.
    const bytes = lend(stats.size);
    if (!(await fill(bytes, file))) throw changedWhileRead();
    const from = { bytes, path: name, mtimeMs: stats.mtimeMs };
    return { ...held(bytes), content: lentContent(bytes), changed, file: from };
  } catch (error) {
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  } finally {
    // Nothing has to wait for it.
    file.close().catch(() => {});
  }
}

async function collect(stream: Readable, signal: AbortSignal | undefined): Promise<OpenImage> {
  if (signal) addAbortSignal(signal, stream);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > MAX_HELD_BYTES) throw tooMuch();
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal?.aborted) throw interrupted(signal);
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  }
  return held(Buffer.concat(chunks, size));
}

function tooMuch(): GeminiImageError {
  return inputError(
    `it has more than the ${megabytes(MAX_HELD_BYTES)} that are taken from a pipe`,
    'Save it to a file and name that; files may be larger.',
  );
}
