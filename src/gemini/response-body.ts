import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import type * as Zlib from 'node:zlib';
import { errorCode, GeminiImageError } from '../domain/error.js';
import { oneLine, shorten } from '../network/text.js';

/** No answer is read farther: a caption has a few KB, a long JSON answer some hundred. */
export const MAX_ANSWER_BYTES = 32 * 1_048_576;

/** What an error has to say comes first. */
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
 * The bytes of a response, up to the most that an answer may have. Nothing compressed is asked for;
 * what a proxy compresses all the same is decoded.
 *
 * @throws GeminiImageError of kind `service` where there are more bytes, or they cannot be decoded;
 *   SyntaxError where what is compressed is cut off; whatever the connection threw.
 */
export async function* bytesOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of await decoded(response)) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      response.destroy();
      throw tooLong();
    }
    yield chunk;
  }
}

/** The beginning of what is no answer, as text. What cannot be read has said enough by its status. */
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
    // What came before it broke off is taken.
  }
  if (size >= MAX_ERROR_BYTES) response.destroy();
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString();
}

async function decoded(response: IncomingMessage): Promise<AsyncIterable<Uint8Array>> {
  const encoding = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return response;
  const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (!create) {
    response.destroy();
    throw undecodable(`the answer is compressed in an unknown way (${shorten(oneLine(encoding))})`);
  }
  const decoder = create(await import('node:zlib'));
  // Whoever reads the decoder sees the error of either.
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

function tooLong(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `the answer is larger than ${MAX_ANSWER_BYTES / 1_048_576} MB`,
    hint: 'Ask for less, or set --max-output-tokens.',
  });
}
