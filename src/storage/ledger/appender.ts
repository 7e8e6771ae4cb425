import { writeSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AtOnce } from '../../domain/at-once.js';
import type { GeminiImageError } from '../../domain/error.js';
import type { Displacement } from '../../domain/events.js';
import { isDiskFull } from '../../domain/system-errors.js';
import { writeFailure } from '../errors.js';
import {
  displacementOf,
  type FoundLines,
  findLines,
  openContinuation,
  placeOf,
} from './displacement.js';
import { OwnLines } from './own-lines.js';

/** The longest time until a line is on the disk, in milliseconds. */
const SYNC_AFTER = 1000;

/** How often the open file is compared with the file at its path, in milliseconds. */
const CHECK_EVERY = 1000;

/** Time, handed in so that tests need none. */
export interface Ticker {
  /** Repeats the work until the returned function is called; it does not keep the process alive. */
  every(ms: number, work: () => void): () => void;
}

const realTicker: Ticker = {
  every(ms, work) {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  },
};

/** A file that was moved, removed or replaced, and the file that continues it. */
export interface Move {
  what: Displacement;
  /** Where the file is now, if that is known. */
  where: string | undefined;
  /** The file that continues it; undefined if nothing was left to write. */
  rest: string | undefined;
}

/** How many lines are copied with one write. */
const BATCH = 500;

export interface AppenderOptions {
  /** What the user called the file. */
  path: string;
  target: string;
  /** Where whole lines end, in bytes. */
  end: number;
  /** Whether the file was just made, so that its name is not on the disk yet. */
  isNew: boolean;
  /** Given if the first line starts a new file: makes that file, open to append. */
  replace: ((line: Buffer) => Promise<FileHandle>) | undefined;
  /** Whether the file system gives no numbers by which to recognise a file. */
  bySizeAlone?: boolean;
  /** Called at once if the file is not at its path any more. */
  onMoved?: ((move: Move) => void) | undefined;
  ticker?: Ticker | undefined;
}

/**
 * Appends lines to a file: whole, in order, and on the disk within a second. If the file is moved,
 * removed or saved over meanwhile, it goes on in another file beside it, with the lines that are
 * missing at the path.
 */
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
  readonly #writing = new AtOnce();
  readonly #own: OwnLines;
  /** The files that may hold lines of this run; the first is the one that the user named. */
  readonly #paths: string[];
  /** Files that are not at their paths any more; they keep their locks. */
  readonly #displaced: FileHandle[] = [];
  readonly #moves: Move[] = [];
  #found: FoundLines | undefined;
  readonly #stopChecking: () => void;

  constructor(file: FileHandle, options: AppenderOptions) {
    this.#file = file;
    this.#options = options;
    this.#end = options.end;
    this.#isNew = options.isNew;
    this.#replace = options.replace;
    this.#own = new OwnLines(options.target);
    this.#paths = [options.target];
    const { ticker = realTicker } = options;
    this.#stopChecking = ticker.every(CHECK_EVERY, () => this.#enqueue(() => this.#checkPath()));
  }

  /** The file that is being written. */
  get file(): FileHandle {
    return this.#file;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** What happened to the file while it was written; known after `finish`. */
  get moves(): readonly Move[] {
    return this.#moves;
  }

  /** How many lines of this run are in which file; undefined if all are in the file at its path. */
  get found(): readonly { path: string; lines: number }[] | undefined {
    if (!this.#found) return undefined;
    return this.#found.counts.map((lines, index) => ({ path: this.#paths[index] ?? '', lines }));
  }

  /**
   * @returns where the line begins in the file, in bytes.
   * @throws GeminiImageError of kind `usage`; the file then ends with the last whole line.
   */
  append(line: string | Buffer): Promise<number> {
    return this.#enqueue(async () => {
      this.#throwFailure();
      const bytes = typeof line === 'string' ? Buffer.from(line) : line;
      await this.#write(bytes).catch((error: unknown) => this.#fail(error));
      this.#throwFailure();
      return this.#end - bytes.length;
    });
  }

  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(work);
    this.#queue = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Waits until all appended lines are on the disk. */
  async finish(): Promise<void> {
    this.#stopChecking();
    await this.#enqueue(() => this.#checkPathAtEnd());
    await this.#sync();
    if (!this.#isFailureTold) this.#throwFailure();
  }

  /**
   * Waits until all lines so far are on the disk.
   *
   * @throws GeminiImageError of kind `usage` if they cannot be written.
   */
  async sync(): Promise<void> {
    await this.#enqueue(() => this.#sync());
    this.#throwFailure();
  }

  /** Closes all files. */
  async close(): Promise<void> {
    await Promise.all([this.#file, ...this.#displaced].map((file) => file.close()));
    await this.#own.close();
  }

  /** Whether the file is still the one at its path, so that it may be removed there. */
  async isInPlace(): Promise<boolean> {
    return (await this.#displacement()) === undefined;
  }

  async #displacement() {
    const { bySizeAlone = false } = this.#options;
    return displacementOf(this.#file, this.#path, this.#end, { bySizeAlone });
  }

  /** The path of the file that is being written. */
  get #path(): string {
    return this.#paths.at(-1) ?? this.#options.target;
  }

  /** Goes on in another file if this one is not at its path any more. */
  async #checkPath(): Promise<void> {
    if (this.#replace || this.#failure || this.#own.count === 0) return;
    try {
      const what = await this.#displacement();
      if (what === undefined || what === 'grown') return;
      if (what === 'cut') {
        // If only lines of earlier runs were removed, none of ours are missing.
        const { missing } = await findLines(this.#own, this.#paths);
        if (missing === 0) {
          this.#end = (await this.#file.stat()).size;
          return;
        }
      }
      await this.#goOnElsewhere(what);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Also finds files that grew again after they were cut, and checks files that were left before. */
  async #checkPathAtEnd(): Promise<void> {
    if (this.#replace || this.#failure) return;
    try {
      if (this.#own.count === 0) {
        const what = this.#options.isNew ? undefined : await this.#displacement();
        // Any other change has removed no line of this run.
        if (what !== 'gone') return;
        this.#moves.push({ what, where: await placeOf(this.#file), rest: undefined });
        return;
      }
      const what = await this.#displacement();
      if (what !== undefined || this.#moves.length > 0) {
        const { missing } = await findLines(this.#own, this.#paths);
        if (missing > 0 && what !== undefined) {
          await this.#goOnElsewhere(what === 'grown' ? 'cut' : what);
        } else if (missing > 0) await this.#addMissing();
      }
      if (this.#moves.length > 0) await this.#countLines();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Counts this run's lines in each file, and removes a continuing file that stayed empty. */
  async #countLines(): Promise<void> {
    const isIdle = this.#end === 0 && (await this.isInPlace());
    if (isIdle) await rm(this.#path, { force: true });
    const found = await findLines(this.#own, this.#paths);
    this.#found = found;
    // All lines are in the file that the user named.
    const isHarmless = found.counts[0] === found.counts.reduce((sum, count) => sum + count, 0);
    if (isHarmless && found.missing === 0) this.#moves.length = 0;
  }

  async #goOnElsewhere(what: Displacement): Promise<void> {
    const where = what === 'cut' ? undefined : await placeOf(this.#file);
    const { mode } = await this.#file.stat();
    const rest = await openContinuation(this.#options.target, mode);
    this.#displaced.push(this.#file);
    this.#file = rest.file;
    this.#paths.push(rest.target);
    this.#end = 0;
    this.#isNew = true;
    await this.#addMissing();
    const move = { what, where, rest: rest.target };
    this.#moves.push(move);
    this.#options.onMoved?.(move);
  }

  /** Writes again the lines of this run that are in none of its files. */
  async #addMissing(): Promise<void> {
    const { isMissing } = await findLines(this.#own, this.#paths);
    const lines: string[] = [];
    await this.#own.each((text) => {
      if (isMissing(text)) lines.push(`${text}\n`);
    });
    for (let at = 0; at < lines.length; at += BATCH) {
      const bytes = Buffer.from(lines.slice(at, at + BATCH).join(''));
      await this.#writeWhole(bytes);
      this.#end += bytes.length;
    }
    this.#timer ??= setTimeout(() => void this.#sync(), SYNC_AFTER).unref();
  }

  async #write(line: Buffer): Promise<void> {
    if (this.#replace) {
      const file = await this.#replace(line);
      // It kept the old file's lock until no other run could take that file for the ledger.
      await this.#file.close();
      this.#file = file;
      this.#replace = undefined;
      this.#isNew = true;
      this.#end = line.length;
    } else {
      await this.#writeWhole(line);
      this.#end += line.length;
    }
    await this.#own.add(line);
    this.#timer ??= setTimeout(() => void this.#sync(), SYNC_AFTER).unref();
  }

  async #writeWhole(line: Buffer): Promise<void> {
    try {
      for (let written = 0; written < line.length; ) {
        // A second write is needed only if the disk is full, and fails with that error.
        written +=
          this.#writing.try(() => writeSync(this.#file.fd, line, written)) ??
          (await this.#file.write(line, written)).bytesWritten;
      }
    } catch (error) {
      // If this fails, the file ends with a torn line, which the next run repairs.
      await this.#cut(line).catch(() => undefined);
      throw error;
    }
  }

  async #cut(line: Buffer): Promise<void> {
    // If another program writes to it too, the bytes after the end may not be ours to cut.
    if ((await this.#file.stat()).size > this.#end + line.length) return;
    try {
      await this.#file.truncate(this.#end);
    } catch {
      // On Windows a file that is open to append cannot be cut.
      const file = await open(this.#path, 'r+');
      await file.truncate(this.#end).finally(() => file.close());
    }
  }

  /** Brings the lines so far to the disk; more may be written meanwhile. */
  #sync(): Promise<void> {
    const isUnsynced = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#syncs = this.#syncs.then(async () => {
      if (!isUnsynced) return;
      try {
        await this.#file.datasync();
        if (this.#isNew) await syncFolder(dirname(this.#path));
        this.#isNew = false;
      } catch (error) {
        this.#fail(error);
      }
    });
    return this.#syncs;
  }

  #fail(error: unknown): void {
    const first = isDiskFull(error) ? 'Free space' : 'See to that';
    const hint = `${first} and run the same command again: what is in the file is kept.`;
    this.#failure ??= writeFailure(this.#options.path, error, hint).with({ reason: 'output' });
  }

  #throwFailure(): void {
    if (!this.#failure) return;
    this.#isFailureTold = true;
    throw this.#failure;
  }
}

/** Makes a new name survive a power cut; not every system can do it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
