import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { GeminiImageError, interrupted } from '../domain/error.js';
import { errorCode } from '../domain/error-code.js';

/** Where a picture's bytes come from. */
export interface ImageSource {
  /** Whether a name given by the user means this source. */
  claims(name: string): boolean;
  read(name: string, options: ReadOptions): Promise<Uint8Array>;
}

export interface ReadOptions {
  /** More bytes than this are refused before they are all in memory. */
  maxBytes: number;
  /** Standard input, where the program has one. */
  stdin?: (() => Readable) | undefined;
  signal?: AbortSignal | undefined;
}

/** The first source that claims a name reads it. */
export const imageSources = {
  stdin: { claims: (name) => name === '-', read: readStdin },
  file: { claims: () => true, read: readFile },
} as const satisfies Record<string, ImageSource>;

/** @throws GeminiImageError of kind `input` where the bytes cannot be had or are too many. */
export async function readImage(name: string, options: ReadOptions): Promise<Uint8Array> {
  const source = Object.values(imageSources).find(({ claims }) => claims(name));
  return (source ?? imageSources.file).read(name, options);
}

async function readStdin(_name: string, { stdin, ...options }: ReadOptions): Promise<Uint8Array> {
  if (!stdin) throw refused('there is no standard input to read');
  return collect(stdin(), options);
}

async function readFile(name: string, options: ReadOptions): Promise<Uint8Array> {
  if (name === '') throw refused('the name is empty');
  if (/^https?:\/\//i.test(name)) {
    throw refused('web addresses are not read', 'Fetch it: curl -s URL | gemini-image describe');
  }
  const file = await open(name).catch((error: unknown) => {
    throw cannotRead(error);
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) {
      throw refused('it is a folder', 'Name the pictures in it, such as FOLDER/*.jpg');
    }
    // A pipe such as <(…) has no size to check beforehand.
    if (!stats.isFile()) return await collect(file.createReadStream({ autoClose: false }), options);
    if (stats.size > options.maxBytes) throw tooLarge(stats.size, options.maxBytes);
    return await file.readFile();
  } catch (error) {
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  } finally {
    await file.close();
  }
}

async function collect(stream: Readable, options: Omit<ReadOptions, 'stdin'>): Promise<Uint8Array> {
  const { maxBytes, signal } = options;
  if (signal) addAbortSignal(signal, stream);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(undefined, maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal?.aborted) throw interrupted(signal);
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  }
  return Buffer.concat(chunks, size);
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: a part of the path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'a loop of symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  ERR_INVALID_ARG_VALUE: 'the name holds a zero byte',
};

function cannotRead(error: unknown): GeminiImageError {
  const code = errorCode(error) ?? 'unknown error';
  return new GeminiImageError({
    kind: 'input',
    message: readFailures[code] ?? `it cannot be read (${code})`,
    cause: error,
  });
}

/** @param size in bytes; undefined where reading stopped at the limit. */
export function tooLarge(size: number | undefined, maxBytes: number): GeminiImageError {
  const has = size === undefined ? 'more than' : `${megabytes(size)}, more than`;
  return refused(
    `it has ${has} the ${megabytes(maxBytes)} that fit into a request`,
    'Shrink it: 3072 pixels on the long side are all that the service looks at.',
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function refused(message: string, hint?: string): GeminiImageError {
  return new GeminiImageError({ kind: 'input', message, hint });
}
