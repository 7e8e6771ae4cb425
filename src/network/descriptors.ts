import { errorCode } from '../domain/error.js';
import type { Abortable } from './abort.js';
import { pause } from './retry.js';

/** If no descriptor is free after this time, the wait is given up. */
const PATIENCE_MS = 60_000;

/** The time between two tries is random between these two, so that those who wait spread out. */
const WAIT_MS = [50, 150] as const;

/**
 * Opens something that takes a file descriptor. If none is free, it waits until other work of this
 * process has closed some, instead of failing.
 *
 * @throws whatever `open` threw, and GeminiImageError of kind `interrupted` after the signal.
 */
export async function whenFree<T>(open: () => Promise<T>, signal?: Abortable): Promise<T> {
  const since = performance.now();
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isExhausted(error) || performance.now() - since > PATIENCE_MS) throw error;
    }
    const [least, most] = WAIT_MS;
    await pause(least + Math.random() * (most - least), signal);
  }
}

/** Whether the process, or the whole system, has no descriptor left. */
function isExhausted(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EMFILE' || code === 'ENFILE';
}
