import { errorCode } from '../domain/error.js';
import { pause } from './retry.js';

/** By then, whatever else of this process holds the descriptors will not give them back. */
const PATIENCE_MS = 60_000;

/** The others that wait come back a little earlier or later. */
const WAIT_MS = [50, 150] as const;

/**
 * Opens something that takes a descriptor of the system. Where none is free, it waits until others of
 * this process are done with theirs, rather than to fail for it.
 *
 * @throws whatever `open` threw, and GeminiImageError of kind `interrupted` after the signal.
 */
export async function whenFree<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
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
