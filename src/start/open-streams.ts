import { createReadStream, fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { type Readable, Writable } from 'node:stream';
import { isatty, ReadStream, WriteStream } from 'node:tty';

/**
 * Standard input, as Node would open it in the main thread. In other threads, `process.stdin` is a copy of what that
 * one reads, and `process.stdout` hands everything over to it, terminal or not, whoever still reads it.
 */
export function openInput(): Readable {
  if (isatty(0)) return new ReadStream(0);
  const channel = openChannel({ fd: 0, readable: true, writable: false });
  return channel ?? createReadStream('', { fd: 0, autoClose: false });
}

/** Standard output or standard error in the same way; files are written at once, so that both can go to one. */
export function openOutput(descriptor: 1 | 2): Writable {
  if (isatty(descriptor)) return new WriteStream(descriptor);
  const channel = openChannel({ fd: descriptor, readable: false, writable: true });
  return channel ?? openFile(descriptor);
}

/** A pipe or a socket, which may be full, or closed by who reads it; undefined if it is neither, or a socket of no stream. */
function openChannel(options: {
  fd: number;
  readable: boolean;
  writable: boolean;
}): Socket | undefined {
  const stats = fstatSync(options.fd);
  if (!stats.isFIFO() && !stats.isSocket()) return undefined;
  try {
    return new Socket(options);
  } catch {
    return undefined;
  }
}

function openFile(descriptor: number): Writable {
  return new Writable({
    write(bytes: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      } catch (error) {
        // Another write may go well: who hears of this one decides.
        this.emit('error', error);
      }
      done();
    },
  });
}
