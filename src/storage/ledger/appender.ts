import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GeminiImageError } from '../../domain/error.js';
import { errorCode } from '../../domain/error-code.js';
import { writeFailure } from '../write-failure.js';

/** The longest that a line waits until it is on the disk, in milliseconds. */
const SYNC_AFTER = 1000;

const ROOM = ['ENOSPC', 'EDQUOT'];

export interface AppenderOptions {
  /** What the user called the file. */
  path: string;
  target: string;
  /** Where whole lines end, in bytes. */
  end: number;
  /** Where the file was just made, and its folder does not know it for good yet. */
  isNew: boolean;
  /** Where the first line is to start a file of its own: makes that file, open to append. */
  replace: ((line: Buffer) => Promise<FileHandle>) | undefined;
}

/** Appends lines to a file: whole, in order, and on the disk within a second. */
export class Appender {
  #file: FileHandle;
  readonly #options: AppenderOptions;
  #end: number;
  #isNew: boolean;
  #replace: AppenderOptions['replace'];
  #queue: Promise<void> = Promise.resolve();
  #syncs: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failure: GeminiImageError | undefined;
  #isFailureTold = false;

  constructor(file: FileHandle, options: AppenderOptions) {
    this.#file = file;
    this.#options = options;
    this.#end = options.end;
    this.#isNew = options.isNew;
    this.#replace = options.replace;
  }

  /** The file as it is now. */
  get file(): FileHandle {
    return this.#file;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** @throws GeminiImageError of kind `usage`; the file then ends with the last whole line. */
  append(line: string): Promise<void> {
    const done = this.#queue.then(async () => {
      this.#throwFailure();
      await this.#write(Buffer.from(line)).catch((error: unknown) => this.#fail(error));
      this.#throwFailure();
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Waits for what was appended, and until it is on the disk. */
  async finish(): Promise<void> {
    await this.#queue;
    await this.#sync();
    if (!this.#isFailureTold) this.#throwFailure();
  }

  async #write(line: Buffer): Promise<void> {
    if (this.#replace) {
      const file = await this.#replace(line);
      // It kept the lock of the old file until nobody could take that for the ledger any more.
      await this.#file.close();
      this.#file = file;
      this.#replace = undefined;
      this.#isNew = true;
      this.#end = line.length;
    } else {
      await this.#writeWhole(line);
      this.#end += line.length;
    }
    this.#timer ??= setTimeout(() => void this.#sync(), SYNC_AFTER).unref();
  }

  async #writeWhole(line: Buffer): Promise<void> {
    try {
      for (let written = 0; written < line.length; ) {
        // More than once only where the disk is full: the second time says so.
        written += (await this.#file.write(line, written)).bytesWritten;
      }
    } catch (error) {
      // What cannot be taken back is a torn last line, which the next run repairs.
      await this.#cut().catch(() => undefined);
      throw error;
    }
  }

  async #cut(): Promise<void> {
    try {
      await this.#file.truncate(this.#end);
    } catch {
      // On Windows a file that is open to append cannot be cut.
      const file = await open(this.#options.target, 'r+');
      await file.truncate(this.#end).finally(() => file.close());
    }
  }

  /** Brings what is written so far to the disk, while more may be written. */
  #sync(): Promise<void> {
    const isUnsynced = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#syncs = this.#syncs.then(async () => {
      if (!isUnsynced) return;
      try {
        await this.#file.datasync();
        if (this.#isNew) await syncFolder(dirname(this.#options.target));
        this.#isNew = false;
      } catch (error) {
        this.#fail(error);
      }
    });
    return this.#syncs;
  }

  #fail(error: unknown): void {
    const first = ROOM.includes(errorCode(error) ?? '') ? 'Free space' : 'See to that';
    const hint = `${first} and run the same command again: what is in the file is kept.`;
    this.#failure ??= writeFailure(this.#options.path, error, hint).with({ endsRun: true });
  }

  #throwFailure(): void {
    if (!this.#failure) return;
    this.#isFailureTold = true;
    throw this.#failure;
  }
}

/** So that a new name survives a loss of power; not every system can do it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
