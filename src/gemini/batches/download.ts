import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { GeminiImageError, usageError } from '../../domain/error.js';
import { whyUnwritten } from '../../domain/system-errors.js';
import type { Abortable } from '../../network/abort.js';
import { startAttempt } from '../../network/attempt.js';
import type { Send } from '../../network/connection.js';
import { type RetrySettings, retryLadder } from '../../network/retry.js';
import { exchange, failureOf, isWebPage, notAnApi } from '../http.js';
import { parseJson } from '../json.js';
import { bytesOf } from '../response-body.js';

export interface DownloadContext {
  server: Send;
  apiKey: string;
  /** The longest silence. */
  timeoutMs: number;
}

/**
 * Downloads to a file that appears whole or not at all. A download that breaks off goes on where it
 * was if the server can do that, and begins anew otherwise.
 *
 * @throws GeminiImageError
 */
export async function downloadTo(
  context: DownloadContext,
  url: string,
  path: string,
  settings: RetrySettings,
): Promise<void> {
  await appearing(path, async (file) => {
    const download = new Download(context, url, file, path);
    let climb = retryLadder(settings);
    for (;;) {
      const before = download.received;
      try {
        await download.attempt(settings.signal);
        return;
      } catch (error) {
        if (download.received > before) climb = retryLadder(settings);
        await climb(error);
      }
    }
  });
}

/** Writes rows to such a file, one line each. */
export async function writeRows(path: string, rows: readonly unknown[]): Promise<void> {
  await appearing(path, async (file) => {
    for (const row of rows) {
      await file.write(`${JSON.stringify(row)}\n`).catch(explain(path));
    }
  });
}

/** Writes `<path>.part`, brings it to the disk, and gives it its name. */
async function appearing(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w+', 0o600).catch(explain(path));
  try {
    await write(file);
    // The answers are paid for, and are deleted at the service once this file is there.
    await file.datasync().catch(explain(path));
  } catch (error) {
    await file.close();
    await rm(part, { force: true });
    throw error;
  }
  await file.close();
  await rename(part, path).catch(explain(path));
}

function explain(path: string): (error: unknown) => never {
  return (error) => {
    throw usageError(
      `${path} cannot be written: ${whyUnwritten(error)}`,
      'Results of a batch job are kept there until they are in the ledger. The service keeps them: make room, and run it again.',
      error,
    );
  };
}

/** One file on its way, over as many attempts as it takes. */
class Download {
  /** How many bytes the file has. */
  received = 0;
  readonly #context: DownloadContext;
  readonly #url: string;
  readonly #file: FileHandle;
  readonly #path: string;

  constructor(context: DownloadContext, url: string, file: FileHandle, path: string) {
    this.#context = context;
    this.#url = url;
    this.#file = file;
    this.#path = path;
  }

  /** Receives what is missing. Throws if it breaks off. */
  async attempt(signal: Abortable | undefined): Promise<void> {
    const { server, apiKey, timeoutMs } = this.#context;
    const attempt = startAttempt(timeoutMs, signal);
    try {
      const range = this.received > 0 ? { range: `bytes=${this.received}-` } : {};
      const headers = { 'x-goog-api-key': apiKey, ...range };
      const request = { method: 'GET', headers, signal: attempt.signal } as const;
      const response = await exchange(server, this.#url, request, [200, 206]);
      if (isWebPage(response)) throw notAnApi(response, '<html>');
      await this.#placeFor(response);
      for await (const bytes of bytesOf(response, Number.POSITIVE_INFINITY)) {
        attempt.heard();
        await this.#append(bytes);
      }
      if (!(await this.#endsWithARow())) {
        await this.#beginAnew();
        throw cutOff();
      }
    } catch (error) {
      const failure = failureOf(attempt, error);
      attempt.abandon();
      // The server has no more bytes than there are, so that these were not the right ones.
      if (failure.httpStatus === 416 && this.received > 0) {
        await this.#beginAnew();
        throw cutOff();
      }
      throw failure;
    } finally {
      attempt.end();
    }
  }

  /** Makes sure that the bytes of a response belong where the next ones are written. */
  async #placeFor(response: IncomingMessage): Promise<void> {
    if (response.statusCode === 206) {
      const range = response.headers['content-range'] ?? '';
      const from = /^bytes (\d+)-/.exec(range)?.[1];
      if (from === String(this.received)) return;
      response.destroy();
      await this.#beginAnew();
      throw cutOff();
    }
    await this.#beginAnew();
  }

  async #beginAnew(): Promise<void> {
    if (this.received === 0) return;
    this.received = 0;
    await this.#file.truncate(0).catch(explain(this.#path));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file
        .write(bytes, at, bytes.length - at, this.received)
        .catch(explain(this.#path));
      at += bytesWritten;
      this.received += bytesWritten;
    }
  }

  /** Whether the last line is whole: a server or a proxy may end a file too early. */
  async #endsWithARow(): Promise<boolean> {
    if (this.received === 0) return true;
    for (let length = 65_536; ; length *= 2) {
      const from = Math.max(0, this.received - length);
      const tail = Buffer.alloc(this.received - from);
      await this.#file.read(tail, 0, tail.length, from);
      if (tail.at(-1) === LINE_BREAK) return true;
      const start = tail.lastIndexOf(LINE_BREAK) + 1;
      if (start > 0 || from === 0) {
        return parseJson(tail.subarray(start).toString()) !== undefined;
      }
    }
  }
}

const LINE_BREAK = 0x0a;

function cutOff(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    reason: 'broken off',
    message: 'the results of the job broke off before their end',
    hint: 'Try again later.',
  });
}
