/** How long synchronous work may keep others waiting, in milliseconds. */
const SLICE_MS = 10;

/** Of the process, which has one event loop. */
let since = performance.now();

/**
 * To be awaited in long work that waits for nothing else: now and then it lets signals, timers and
 * the network have their turn.
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
