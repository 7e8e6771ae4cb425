import { readSync } from 'node:fs';
import type { LinePlace } from './row-index.js';

const BLOCK = 32 << 10;
/** As many as runs that took turns: each wrote its lines in about the same order. */
const MOST_BLOCKS = 128;

/**
 * Reads lines of a file by their places, and keeps the blocks that it read last: lines that are asked
 * for lie near those before. It waits for the disk, which takes less time than to ask for each line and
 * come back later.
 */
export class LineReader {
  readonly #descriptor: number;
  /** By number, the one that was used last at the end. */
  readonly #blocks = new Map<number, Buffer>();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The text of a line; shorter than it should be if the file has become shorter. */
  read({ at, length }: LinePlace): string {
    const number = Math.floor(at / BLOCK);
    const start = at - number * BLOCK;
    if (start + length <= BLOCK) return this.#block(number).toString('utf8', start, start + length);
    const bytes = Buffer.allocUnsafe(length);
    return bytes.toString('utf8', 0, this.#fill(bytes, at));
  }

  /** Forgets what may have been read before the file grew. */
  forget(): void {
    this.#blocks.clear();
  }

  #block(number: number): Buffer {
    const known = this.#blocks.get(number);
    if (known) {
      this.#blocks.delete(number);
      this.#blocks.set(number, known);
      return known;
    }
    const block = this.#freeBlock();
    const filled = this.#fill(block, number * BLOCK);
    const read = filled === BLOCK ? block : block.subarray(0, filled);
    this.#blocks.set(number, read);
    return read;
  }

  /** The memory of the block that was not used for longest, once there are many. */
  #freeBlock(): Buffer {
    if (this.#blocks.size < MOST_BLOCKS) return Buffer.allocUnsafeSlow(BLOCK);
    for (const [oldest, block] of this.#blocks) {
      this.#blocks.delete(oldest);
      return block.length === BLOCK ? block : Buffer.allocUnsafeSlow(BLOCK);
    }
    return Buffer.allocUnsafeSlow(BLOCK);
  }

  #fill(bytes: Buffer, at: number): number {
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(this.#descriptor, bytes, filled, bytes.length - filled, at + filled);
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }
}
