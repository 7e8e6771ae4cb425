import type { Writable } from 'node:stream';
import type { Output } from '../commands/context.js';
import { GeminiImageError } from '../domain/error.js';
import { safeText } from '../output/safe-text.js';

/** Stdout, and how it ended. */
export interface Stdout extends Output {
  /** Nobody reads it any more (`| head -1`): no failure, but nothing is left to do. */
  readonly closed: boolean;
  /** Why it could not be written to, such as a full disk. */
  readonly failure: GeminiImageError | undefined;
}

/** @param onEnd called once when nothing more can be written. */
export function createStdout(stream: Writable, isTerminal: boolean, onEnd: () => void): Stdout {
  let closed = false;
  let failure: GeminiImageError | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') closed = true;
    else failure ??= unwritable(error);
    onEnd();
  });
  return {
    isTerminal,
    get closed() {
      return closed;
    },
    get failure() {
      return failure;
    },
    async write(text) {
      if (closed || failure || text === '') return;
      // The error, if there is one, comes as an event as well.
      await new Promise((done) => stream.write(isTerminal ? safeText(text) : text, done));
    },
  };
}

function unwritable(error: NodeJS.ErrnoException): GeminiImageError {
  const why = error.code === 'ENOSPC' ? 'no space is left on the disk' : (error.code ?? 'unknown');
  return new GeminiImageError({
    kind: 'usage',
    message: `stdout cannot be written to: ${why}`,
    cause: error,
  });
}
