/** How long synchronous work may keep others waiting, in milliseconds. */
const SLICE_MS = 10;

/** The start of the current slice; one for the process, which has one event loop. */
let since = performance.now();

/**
 * To be awaited in long synchronous work: now and then it gives time to signals, timers and the
 * network.
 */
export function turnIfDue(): Promise<void> | undefined {
  if (performance.now() - since < SLICE_MS) return undefined;
  return new Promise((resolve) => {
    setImmediate(() => {
      since = performance.now();
      resolve();
    });
  });
}
