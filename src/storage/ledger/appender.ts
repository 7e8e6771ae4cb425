import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GeminiImageError } from '../../domain/error.js';
import type { Displacement } from '../../domain/events.js';
import { isDiskFull } from '../../domain/system-errors.js';
import { writeFailure } from '../errors.js';
import {
  displacementOf,
  openRest,
  placeOf,
  type Whereabouts,
  whereabouts,
} from './displacement.js';
import { OwnLines } from './own-lines.js';

/** The longest that a line waits until it is on the disk, in milliseconds. */
const SYNC_AFTER = 1000;

/** How often the file is compared with what is at its place, in milliseconds. */
const LOOK_EVERY = 1000;

/** Time, handed in so that tests need none. */
export interface Ticker {
  /** Does something again and again, which keeps no process alive, until the returned function is called. */
  every(ms: number, work: () => void): () => void;
}

const realTicker: Ticker = {
  every(ms, work) {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  },
};

/** A file that lost its place, and another one that took over. */
export interface Move {
  what: Displacement;
  /** Where the file is now, where that can be known. */
  where: string | undefined;
  /** What goes on; undefined where nothing was left to write. */
  rest: string | undefined;
}

/** So many lines are copied with one write. */
const BATCH = 500;

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
  /** Where the file system gives no numbers by which to know a file again. */
  bySizeAlone?: boolean;
  /** Told at once where the file is not in its place any more. */
  onMoved?: ((move: Move) => void) | undefined;
  ticker?: Ticker | undefined;
}

/**
 * Appends lines to a file: whole, in order, and on the disk within a second. Where the file is moved,
 * removed or saved over meanwhile, another one beside it takes what is not in its place any more.
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
  readonly #own: OwnLines;
  /** Where the lines of this run are, the first place being the one that the user named. */
  readonly #places: string[];
  /** Files that are not in their places any more; they keep their locks. */
  readonly #left: FileHandle[] = [];
  readonly #moves: Move[] = [];
  #found: Whereabouts | undefined;
  readonly #stopLooking: () => void;

  constructor(file: FileHandle, options: AppenderOptions) {
    this.#file = file;
    this.#options = options;
    this.#end = options.end;
    this.#isNew = options.isNew;
    this.#replace = options.replace;
    this.#own = new OwnLines(options.target);
    this.#places = [options.target];
    const { ticker = realTicker } = options;
    this.#stopLooking = ticker.every(LOOK_EVERY, () => this.#enqueue(() => this.#look()));
  }

  /** The file as it is now. */
  get file(): FileHandle {
    return this.#file;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** What became of the file while it was written; known once this has finished. */
  get moves(): readonly Move[] {
    return this.#moves;
  }

  /** How many lines of this run are in which file; undefined where all are in its place. */
  get found(): readonly { path: string; lines: number }[] | undefined {
    if (!this.#found) return undefined;
    return this.#found.counts.map((lines, index) => ({ path: this.#places[index] ?? '', lines }));
  }

  /** @throws GeminiImageError of kind `usage`; the file then ends with the last whole line. */
  append(line: string): Promise<void> {
    return this.#enqueue(async () => {
      this.#throwFailure();
      await this.#write(Buffer.from(line)).catch((error: unknown) => this.#fail(error));
      this.#throwFailure();
    });
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Waits for what was appended, and until it is on the disk. */
  async finish(): Promise<void> {
    this.#stopLooking();
    await this.#enqueue(() => this.#lookAtTheEnd());
    await this.#sync();
    if (!this.#isFailureTold) this.#throwFailure();
  }

  /** Lets go of all that was open. */
  async close(): Promise<void> {
    await Promise.all([this.#file, ...this.#left].map((file) => file.close()));
    await this.#own.close();
  }

  /** Whether the file is still the one at its place, such as to be removed there. */
  async isInPlace(): Promise<boolean> {
    return (await this.#displacement()) === undefined;
  }

  async #displacement() {
    const { bySizeAlone = false } = this.#options;
    return displacementOf(this.#file, this.#place, this.#end, { bySizeAlone });
  }

  /** Where the file is that is being written. */
  get #place(): string {
    return this.#places.at(-1) ?? this.#options.target;
  }

  /** Goes on in another file where this one is not in its place any more. */
  async #look(): Promise<void> {
    if (this.#replace || this.#failure || this.#own.count === 0) return;
    try {
      const what = await this.#displacement();
      if (what === undefined || what === 'grown') return;
      if (what === 'cut') {
        // Who has only taken out a line of an earlier run has taken none of ours.
        const { missing } = await whereabouts(this.#own, this.#places);
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

  /** Also finds what grew again after it was cut, and what became of files that were left before. */
  async #lookAtTheEnd(): Promise<void> {
    if (this.#replace || this.#failure) return;
    try {
      if (this.#own.count === 0) {
        const what = this.#options.isNew ? undefined : await this.#displacement();
        // What else was done to it has taken nothing that this run knows of.
        if (what !== 'gone') return;
        this.#moves.push({ what, where: await placeOf(this.#file), rest: undefined });
        return;
      }
      const what = await this.#displacement();
      if (what !== undefined || this.#moves.length > 0) {
        const { missing } = await whereabouts(this.#own, this.#places);
        if (missing > 0 && what !== undefined) {
          await this.#goOnElsewhere(what === 'grown' ? 'cut' : what);
        } else if (missing > 0) await this.#addMissing();
      }
      if (this.#moves.length > 0) await this.#takeStock();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Finds out where everything is; a file that took over for nothing goes. */
  async #takeStock(): Promise<void> {
    const isIdle = this.#end === 0 && (await this.isInPlace());
    if (isIdle) await rm(this.#place, { force: true });
    const found = await whereabouts(this.#own, this.#places);
    this.#found = found;
    // Everything is where the user looks for it.
    const isHarmless = found.counts[0] === found.counts.reduce((sum, count) => sum + count, 0);
    if (isHarmless && found.missing === 0) this.#moves.length = 0;
  }

  async #goOnElsewhere(what: Displacement): Promise<void> {
    const where = what === 'cut' ? undefined : await placeOf(this.#file);
    const { mode } = await this.#file.stat();
    const rest = await openRest(this.#options.target, mode);
    this.#left.push(this.#file);
    this.#file = rest.file;
    this.#places.push(rest.target);
    this.#end = 0;
    this.#isNew = true;
    await this.#addMissing();
    const move = { what, where, rest: rest.target };
    this.#moves.push(move);
    this.#options.onMoved?.(move);
  }

  /** Writes once more what this run has appended and is at none of its places. */
  async #addMissing(): Promise<void> {
    const { isMissing } = await whereabouts(this.#own, this.#places);
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
    await this.#own.add(line);
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
      await this.#cut(line).catch(() => undefined);
      throw error;
    }
  }

  async #cut(line: Buffer): Promise<void> {
    // Where somebody else writes to it too, what is behind the end is not ours to cut.
    if ((await this.#file.stat()).size > this.#end + line.length) return;
    try {
      await this.#file.truncate(this.#end);
    } catch {
      // On Windows a file that is open to append cannot be cut.
      const file = await open(this.#place, 'r+');
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
        if (this.#isNew) await syncFolder(dirname(this.#place));
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

/** So that a new name survives a loss of power; not every system can do it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
