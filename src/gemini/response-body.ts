import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import type * as Zlib from 'node:zlib';
import { errorCode, GeminiImageError } from '../domain/error.js';
import { oneLine, shorten } from '../network/text.js';

/** No answer is read further: a caption has a few KB, a long JSON answer a few hundred. */
export const MAX_ANSWER_BYTES = 32 * 1_048_576;

/** The useful part of an error comes first. */
const MAX_ERROR_BYTES = 16_384;

const decoders: Readonly<
  Record<string, (zlib: typeof Zlib) => Zlib.Gunzip | Zlib.BrotliDecompress>
> = {
  gzip: (zlib) => zlib.createGunzip(),
  'x-gzip': (zlib) => zlib.createGunzip(),
  deflate: (zlib) => zlib.createInflate(),
  br: (zlib) => zlib.createBrotliDecompress(),
};

/**
 * The bytes of a response, by default up to the largest answer allowed. Requests ask for no compression, but a
 * proxy may compress anyway, and that is decoded.
 *
 * @throws GeminiImageError of kind `service` if there are more bytes, or they cannot be decoded;
 *   SyntaxError if compressed data is cut off; whatever the connection threw.
 */
export async function* bytesOf(
  response: IncomingMessage,
  mostBytes = MAX_ANSWER_BYTES,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of await decoded(response)) {
    size += chunk.length;
    if (size > mostBytes) {
      response.destroy();
      throw tooLong(mostBytes);
    }
    yield chunk;
  }
}

/**
 * All bytes of a response, with the limit and the errors of `bytesOf`. Most answers are one short piece,
 * for which an iterator would cost more than everything else.
 */
export async function wholeBody(
  response: IncomingMessage,
  mostBytes = MAX_ANSWER_BYTES,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  if (isPlain(response)) await collect(response, mostBytes, chunks);
  else for await (const chunk of bytesOf(response, mostBytes)) chunks.push(chunk);
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function collect(
  response: IncomingMessage,
  mostBytes: number,
  chunks: Uint8Array[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    let size = 0;
    response.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= mostBytes) {
        chunks.push(chunk);
        return;
      }
      reject(tooLong(mostBytes));
      response.destroy();
    });
    response.once('end', resolve);
    response.once('error', reject);
    response.once('close', () => {
      // A body that is cut off may have neither.
      if (!response.readableEnded) reject(cutOff());
    });
  });
}

function cutOff(): Error {
  return Object.assign(new Error('the answer broke off'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

/** The beginning of a failed response, as text. If it cannot be read, its status must do. */
export async function headOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of bytesOf(response)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // Use what came before the response broke off.
  }
  if (size >= MAX_ERROR_BYTES) response.destroy();
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString();
}

function encodingOf({ headers }: IncomingMessage): string {
  return (headers['content-encoding'] ?? '').trim().toLowerCase();
}

function isPlain(response: IncomingMessage): boolean {
  const encoding = encodingOf(response);
  return encoding === '' || encoding === 'identity';
}

async function decoded(response: IncomingMessage): Promise<AsyncIterable<Uint8Array>> {
  if (isPlain(response)) return response;
  const encoding = encodingOf(response);
  const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (!create) {
    response.destroy();
    throw undecodable(`the answer is compressed in an unknown way (${shorten(oneLine(encoding))})`);
  }
  const decoder = create(await import('node:zlib'));
  // The decoder passes on errors of both streams to its reader.
  pipeline(response, decoder, () => {});
  return decompressed(decoder);
}

async function* decompressed(decoder: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* decoder;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'Z_BUF_ERROR') throw new SyntaxError('what is compressed ends too early');
    if (!/^Z_|^ERR_(?:_ERROR|BROTLI|PADDING)/.test(code)) throw error;
    throw undecodable('the answer is not compressed as it says', error);
  }
}

function undecodable(message: string, cause?: unknown): GeminiImageError {
  const hint = 'Check the proxy settings: a proxy or gateway compresses what it should not.';
  return new GeminiImageError({ kind: 'service', reason: 'undecodable', message, hint, cause });
}

function tooLong(mostBytes: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `the answer is larger than ${mostBytes / 1_048_576} MB`,
    hint: 'Ask for less, or set --max-output-tokens.',
  });
}
