import type { FileHandle } from 'node:fs/promises';
import type { Content } from '../../domain/content.js';
import { usageError } from '../../domain/error.js';

/** A file of questions, to be uploaded. */
export interface InputContent extends Content {
  /** What the last piece was read into. */
  readonly memory: Buffer;
}

/**
 * A file of questions as content that is uploaded piece by piece. What is read stays as it is until
 * what follows it is read, which takes its memory: the service has got it then.
 *
 * @param path what messages call it.
 * @param spare memory that nobody looks at any more, such as that of an upload before it which is done.
 */
export async function inputContent(
  file: FileHandle,
  path: string,
  spare: Buffer = Buffer.alloc(0),
): Promise<InputContent> {
  const { size } = await file.stat();
  let memory = spare;
  let end = 0;
  return {
    size,
    get memory() {
      return memory;
    },
    async read(from, to) {
      // After an error, a connection that broke may still be looking at the bytes.
      const isNext = from === end && memory.length >= to - from;
      if (!isNext) memory = Buffer.allocUnsafeSlow(to - from);
      end = to;
      const bytes = memory.subarray(0, to - from);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
        if (bytesRead === 0) throw usageError(`${path} has become shorter meanwhile`);
        at += bytesRead;
      }
      return bytes;
    },
  };
}
