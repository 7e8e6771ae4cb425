// One resumable upload: the bytes so far, and requests about it one after the other.
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { takeBytes } from '../http/body.js';
import { invalidArgument } from '../http/errors.js';
import type { ReceivedFile } from './files.js';
import { createScratch, type Scratch } from './scratch.js';

/** What a client declares before it sends bytes. */
export interface Announcement {
  readonly displayName?: string;
  readonly mimeType: string;
  /** In bytes. */
  readonly size: number;
}

/** In bytes; every chunk except the last is a multiple of it. */
export const CHUNK_GRANULARITY = 256 * 1024;

/** How long a request waits for the one before it, whose client may be gone; in milliseconds. */
const PATIENCE_MS = 500;

interface Turn {
  readonly request: IncomingMessage;
  readonly done: Promise<void>;
}

export class Upload {
  /** Hard to guess, because it is the permission to upload. */
  readonly id = randomBytes(32).toString('base64url');
  readonly owner: string;
  readonly announced: Announcement;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** The id of the file, once there is one. */
  file: string | undefined;
  #received = 0;
  #hash = createHash('sha256');
  #scratch: Scratch | undefined;
  #latest: Turn | undefined;

  constructor(owner: string, announced: Announcement, expiresAt: number) {
    this.owner = owner;
    this.announced = announced;
    this.expiresAt = expiresAt;
  }

  /** The number of bytes received so far. */
  get received(): number {
    return this.#received;
  }

  /**
   * Does the work of a request after the requests before it have ended. A request that hangs is ended,
   * because a client that sends another one has given it up.
   */
  async inTurn<T>(request: IncomingMessage, work: () => Promise<T>): Promise<T> {
    const before = this.#latest;
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#latest = { request, done };
    try {
      if (before !== undefined) await outlast(before);
      return await work();
    } finally {
      if (this.#latest?.done === done) this.#latest = undefined;
      finish();
    }
  }

  /**
   * Takes a chunk. Throws 400 for one that breaks the rules, of which nothing is kept. If the
   * connection breaks, all bytes that arrived are kept. Returns false if `cutAfter` bytes have
   * arrived, after which the connection is to be cut.
   */
  async take(request: IncomingMessage, isLast: boolean, cutAfter = Infinity): Promise<boolean> {
    this.#scratch ??= createScratch();
    const scratch = this.#scratch;
    const start = this.#received;
    const hash = this.#hash.copy();
    let length = 0;
    const isWhole = await takeBytes(request, (bytes) => {
      const room = Math.min(cutAfter - length, this.announced.size - this.#received);
      this.#keep(scratch, bytes.subarray(0, room));
      length += bytes.length;
      return length < cutAfter;
    });
    if (!isWhole) return false;
    const problem = problemWith(start, length, this.announced.size, isLast);
    if (problem === undefined) return true;
    this.#received = start;
    this.#hash = hash;
    throw invalidArgument(problem);
  }

  /** Throws 400 if bytes are missing. */
  checkComplete(): void {
    const problem = problemWith(this.#received, 0, this.announced.size, true);
    if (problem !== undefined) throw invalidArgument(problem);
  }

  /** All that was received; to be called once. */
  finish(): ReceivedFile {
    const scratch = this.#scratch;
    this.#scratch = undefined;
    return { ...this.announced, sha256Hash: this.#hash.digest('base64'), scratch };
  }

  /** To be called when its connections have ended. */
  async close(): Promise<void> {
    await this.#latest?.done;
    this.#scratch?.close();
  }

  #keep(scratch: Scratch, bytes: Buffer): void {
    scratch.write(bytes, this.#received);
    this.#hash.update(bytes);
    this.#received += bytes.length;
  }
}

async function outlast({ request, done }: Turn): Promise<void> {
  const ended = new AbortController();
  const patience = setTimeout(PATIENCE_MS, undefined, { signal: ended.signal });
  await Promise.race([done, patience.then(() => request.destroy())]);
  ended.abort();
  await done;
}

function problemWith(
  start: number,
  length: number,
  size: number,
  isLast: boolean,
): string | undefined {
  const end = start + length;
  if (end > size) return `Upload of ${end} bytes exceeds the announced size of ${size} bytes.`;
  if (isLast && end < size) {
    return `Upload cannot be finalized: received ${end} of the announced ${size} bytes.`;
  }
  if (!isLast && length % CHUNK_GRANULARITY !== 0) {
    return (
      `Upload of ${length} bytes must be a multiple of the chunk granularity, ` +
      `${CHUNK_GRANULARITY} bytes, unless it is finalized.`
    );
  }
  return undefined;
}
