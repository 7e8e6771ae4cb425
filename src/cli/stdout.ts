import type { Writable } from 'node:stream';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { codeOf, isDiskFull, whyUnwritten } from '../domain/system-errors.js';
import { safeText } from '../output/safe-text.js';
import type { Output } from '../run/context.js';
import type { ProgressLine } from './progress.js';

/** Stdout, and how it ended. */
export interface Stdout extends Output {
  /** Nobody reads it any more (`| head -1`): no failure, but there is nothing left to do. */
  readonly closed: boolean;
  /** Why writing failed, for example because the disk is full. */
  readonly failure: GeminiImageError | undefined;
}

/**
 * @param line the progress line, which stays below what is written.
 * @param onEnd called once, when nothing more can be written.
 */
export function createStdout(
  stream: Writable,
  isTerminal: boolean,
  line: Pick<ProgressLine, 'above'>,
  onEnd: () => void,
): Stdout {
  let closed = false;
  let failure: GeminiImageError | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') closed = true;
    else failure ??= unwritable(error);
    onEnd();
  });
  // An error of this write also arrives as an event.
  const write = (text: string) =>
    new Promise<void>((done) => {
      stream.write(text, () => done());
    });
  return {
    isTerminal,
    get columns() {
      return isTerminal ? columnsOf(stream) : undefined;
    },
    get closed() {
      return closed;
    },
    get failure() {
      return failure;
    },
    async write(text) {
      if (closed || failure || text === '') return;
      if (!isTerminal) return write(text);
      // The line ends of CSV are harmless.
      const safe = safeText(text.replaceAll('\r\n', '\n'));
      await line.above(safe, () => write(safe));
    },
  };
}

/** The width of a terminal; undefined for other streams. */
export function columnsOf(stream: Writable): number | undefined {
  return 'columns' in stream && typeof stream.columns === 'number' ? stream.columns : undefined;
}

function unwritable(error: NodeJS.ErrnoException): GeminiImageError {
  const why = isDiskFull(error) ? whyUnwritten(error) : codeOf(error);
  return usageError(`stdout cannot be written to: ${why}`, undefined, error);
}
