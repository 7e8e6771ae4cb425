import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFor } from '../swap-file.js';
import { eachLine } from './lines.js';

/** How much is held in memory before it goes to the disk, in bytes. */
const HELD = 256 << 10;

/**
 * A second copy of the lines that this run has appended, because an editor that saves over the ledger
 * destroys them. A short run holds the copy in memory, a long one in a file without a name.
 */
export class OwnLines {
  readonly #target: string;
  #count = 0;
  /** One piece of memory, used again and again: a long run must not fill it with pieces. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  #spool: FileHandle | undefined;
  /** The path of the file on Windows, where it cannot be removed while it is open. */
  #leftover: string | undefined;
  #spooled = 0;
  /** The lines after the disk was full; undefined before that. */
  #last: Buffer[] | undefined;

  constructor(target: string) {
    this.#target = target;
  }

  get count(): number {
    return this.#count;
  }

  /** @param lines with their ends. Never rejects. */
  async add(lines: Buffer): Promise<void> {
    for (let end = lines.indexOf(LINE_FEED); end >= 0; end = lines.indexOf(LINE_FEED, end + 1)) {
      this.#count += 1;
    }
    try {
      if (!this.#last && this.#heldBytes + lines.length > HELD) {
        await this.#write(this.#heldLines());
        this.#heldBytes = 0;
      }
      if (!this.#last && lines.length > HELD) {
        await this.#write(lines);
        return;
      }
    } catch {
      // From now on the lines are held in memory.
      this.#last = [];
    }
    if (this.#last) {
      this.#last.push(lines);
      return;
    }
    this.#held ??= Buffer.allocUnsafeSlow(HELD);
    this.#heldBytes += lines.copy(this.#held, this.#heldBytes);
  }

  /** Each line, without its end, in the order in which they were added. */
  async each(onLine: (text: string) => void): Promise<void> {
    if (this.#spool && this.#spooled > 0) {
      let left = this.#spooled;
      await eachLine(this.#spool, ({ text, length }) => {
        // The last bytes may be a part of a line that did not fit on the disk; memory holds it whole.
        if (left > 0) onLine(text);
        left -= length + 1;
      });
    }
    for (const lines of [this.#heldLines(), ...(this.#last ?? [])]) {
      for (const text of lines.toString().split('\n').slice(0, -1)) onLine(text);
    }
  }

  async close(): Promise<void> {
    await this.#spool?.close();
    if (this.#leftover !== undefined) await rm(this.#leftover, { force: true });
  }

  #heldLines(): Buffer {
    return this.#held?.subarray(0, this.#heldBytes) ?? Buffer.alloc(0);
  }

  async #write(lines: Buffer): Promise<void> {
    this.#spool ??= await this.#open();
    for (let done = 0; done < lines.length; ) {
      const at = this.#spooled + done;
      done += (await this.#spool.write(lines, done, lines.length - done, at)).bytesWritten;
    }
    this.#spooled += lines.length;
  }

  async #open(): Promise<FileHandle> {
    // First beside the ledger, on whose disk there is room; that folder may be gone or not writable.
    for (const place of [this.#target, join(tmpdir(), 'ledger')]) {
      const path = temporaryFor(place);
      const file = await open(path, 'wx+', 0o600).catch(() => undefined);
      if (!file) continue;
      await rm(path).catch(() => {
        this.#leftover = path;
      });
      return file;
    }
    throw new Error('there is no place for another file');
  }
}

const LINE_FEED = 0x0a;
