// Bytes that are too many for the memory, in a file without a name. All work is synchronous: bytes
// that wait to be written would be lost with the connection they came from.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  /** Offset in bytes. Throws Node's error if the disk is full. */
  write(bytes: Buffer, offset: number): void;
  /** The first `size` bytes. Throws if there are fewer. */
  read(size: number): Buffer;
  /** So many bytes from an offset on. Throws if there are fewer. */
  readAt(offset: number, length: number): Buffer;
  /** Frees the bytes; may be called again. */
  close(): void;
}

/**
 * The file is unlinked as soon as it is open, so that its bytes are freed when the process ends, even
 * by a crash.
 */
export function createScratch(): Scratch {
  const path = join(tmpdir(), `gemini-image-emulator-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  let isOpen = true;
  const readAt = (offset: number, length: number) => {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const count = readSync(file, bytes, done, length - done, offset + done);
      if (count === 0) throw new Error('the file is shorter than what was received');
      done += count;
    }
    return bytes;
  };
  return {
    write(bytes, offset) {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file, bytes, done, bytes.length - done, offset + done);
      }
    },
    read: (size) => readAt(0, size),
    readAt,
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}
