/**
 * Those who wait for one signal, and the places among them that are free. It is no `Set`: whenever V8
 * makes a new table for one, the old table goes on pointing to it, and keeps what is in it from the
 * quick collections.
 */
interface Watch {
  callbacks: ((() => void) | undefined)[];
  free: number[];
  stop(): void;
}

const WATCH = Symbol('watch');

/**
 * Its watch is a property of a signal. In a `WeakMap`, V8 keeps the values of short-lived keys, and
 * all that they refer to, until the next full collection.
 */
interface Watched extends AbortSignal {
  [WATCH]?: Watch | undefined;
}

/**
 * Calls back when a signal is aborted. However many wait for one signal, it gets one listener:
 * Node warns of a leak at the eleventh.
 *
 * @returns a function that ends it.
 */
export function onAbort(signal: Watched, callback: () => void): () => void {
  const { callbacks, free, stop } = signal[WATCH] ?? watch(signal);
  const place = free.pop() ?? callbacks.length;
  callbacks[place] = callback;
  return () => {
    if (callbacks[place] !== callback) return;
    callbacks[place] = undefined;
    free.push(place);
    if (free.length === callbacks.length) stop();
  };
}

function watch(signal: Watched): Watch {
  const callbacks: Watch['callbacks'] = [];
  const tellAll = () => {
    // Also those who come meanwhile.
    for (let at = 0; at < callbacks.length; at += 1) callbacks[at]?.();
  };
  const stop = () => {
    signal.removeEventListener('abort', tellAll);
    signal[WATCH] = undefined;
  };
  signal.addEventListener('abort', tellAll, { once: true });
  const made = { callbacks, free: [], stop };
  signal[WATCH] = made;
  return made;
}
