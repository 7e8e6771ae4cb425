import { writeSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { AtOnce } from '../../domain/at-once.js';
import { piecesOf } from '../../domain/content.js';
import { inputError, usageError } from '../../domain/error.js';
import { giveBack, lend } from '../../domain/lent-memory.js';
import { whyUnwritten } from '../../domain/system-errors.js';
import { writeBase64 } from '../base64.js';
import { MAX_FILE_BYTES } from '../files/files.js';
import { enqueuedTokensOf } from '../models.js';
import { estimateInputTokens } from '../request-size.js';
import type { BatchInput, InputLimits, InputSize } from './batch-client.js';
import { questionLine } from './question-line.js';

/** How many bytes are written at once. */
const BUFFER_BYTES = 262_144;

/** Bytes of a picture read at once: a multiple of three, so that there is no padding in between. */
const READ_BYTES = 3 * 262_144;

/**
 * Creates a file of questions, which must not exist.
 *
 * @throws GeminiImageError of kind `usage` if the file cannot be written.
 */
export async function openBatchInput(
  path: string,
  limits: InputLimits,
  mayStore: boolean,
): Promise<BatchInput> {
  const unwritable = (error: unknown): never => {
    throw usageError(
      `${path} cannot be written: ${whyUnwritten(error)}`,
      'The questions of a batch job are collected there: make room, or let the folder be written to.',
      error,
    );
  };
  const file = await open(path, 'wx', 0o600).catch(unwritable);
  const writer = new PositionedWriter(file, unwritable);
  const size: InputSize = { bytes: 0, requests: 0, inputTokens: 0 };

  return {
    size,

    async add(key, question) {
      const line = questionLine(key, question, mayStore);
      const inputTokens = estimateInputTokens(question);
      const grown = {
        bytes: size.bytes + line.bytes,
        requests: size.requests + 1,
        inputTokens: size.inputTokens + inputTokens,
      };
      if (line.bytes > MAX_FILE_BYTES) throw tooLarge();
      if (size.requests > 0 && isAbove(grown, limits)) return false;
      try {
        for (const piece of line.pieces) {
          if (Buffer.isBuffer(piece)) await writer.write(piece);
          else if (piece.bytes) await writer.writeBase64(piece.bytes);
          else for await (const part of piecesOf(piece, READ_BYTES)) await writer.writeBase64(part);
        }
      } catch (error) {
        await writer.goBackTo(size.bytes);
        throw error;
      }
      Object.assign(size, grown);
      return true;
    },

    async close() {
      try {
        await writer.flush();
      } finally {
        await writer.close();
      }
      return size;
    },

    async discard() {
      await writer.close();
      await rm(path, { force: true });
    },
  };
}

function isAbove(size: InputSize, limits: InputLimits): boolean {
  const { bytes, requests, model } = limits;
  return (
    size.bytes > Math.min(bytes, MAX_FILE_BYTES) ||
    size.requests > requests ||
    size.inputTokens > enqueuedTokensOf(model)
  );
}

function tooLarge() {
  return inputError(
    'the question is larger than the 2 GB that a batch job may have',
    'Send a smaller picture.',
  );
}

/** Writes a file through one buffer, and can take back what came after a place. */
class PositionedWriter {
  readonly #file: FileHandle;
  readonly #unwritable: (error: unknown) => never;
  readonly #buffer = lend(BUFFER_BYTES);
  readonly #writing = new AtOnce();
  #used = 0;
  /** How many bytes are in the file. */
  #written = 0;

  constructor(file: FileHandle, unwritable: (error: unknown) => never) {
    this.#file = file;
    this.#unwritable = unwritable;
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(bytes.length - at, BUFFER_BYTES - this.#used);
      bytes.copy(this.#buffer, this.#used, at, at + count);
      this.#used += count;
      at += count;
      if (this.#used === BUFFER_BYTES) await this.flush();
    }
  }

  /** Adds the base64 of some bytes; of a part of something, they are a multiple of three. */
  async writeBase64(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const room = 3 * Math.floor((BUFFER_BYTES - this.#used) / 4);
      const part = bytes.subarray(at, at + room);
      this.#used += writeBase64(part, this.#buffer, this.#used);
      at += part.length;
      if (at < bytes.length) await this.flush();
    }
  }

  async flush(): Promise<void> {
    let at = 0;
    try {
      while (at < this.#used) {
        const what = [this.#buffer, at, this.#used - at, this.#written] as const;
        const count =
          this.#writing.try(() => writeSync(this.#file.fd, ...what)) ??
          (await this.#file.write(...what)).bytesWritten;
        at += count;
        this.#written += count;
      }
    } catch (error) {
      this.#unwritable(error);
    } finally {
      // After a failure, what was not written stays.
      this.#buffer.copyWithin(0, at, this.#used);
      this.#used -= at;
    }
  }

  /** Closes the file, whatever is still to be written, and gives back the buffer. */
  async close(): Promise<void> {
    giveBack(this.#buffer);
    await this.#file.close();
  }

  /** Takes back everything after the first `bytes` bytes. */
  async goBackTo(bytes: number): Promise<void> {
    if (bytes >= this.#written) {
      this.#used = bytes - this.#written;
      return;
    }
    this.#used = 0;
    this.#written = bytes;
    await this.#file.truncate(bytes).catch(this.#unwritable);
  }
}
