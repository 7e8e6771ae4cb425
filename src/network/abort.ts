interface Watch {
  callbacks: Set<() => void>;
  stop(): void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls back when a signal is aborted. However many wait for one signal, it gets one listener:
 * Node warns of a leak at the eleventh.
 *
 * @returns a function that ends it.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, stop } = watches.get(signal) ?? watch(signal);
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) stop();
  };
}

function watch(signal: AbortSignal): Watch {
  const callbacks = new Set<() => void>();
  const tellAll = () => {
    for (const callback of callbacks) callback();
  };
  const stop = () => {
    signal.removeEventListener('abort', tellAll);
    watches.delete(signal);
  };
  signal.addEventListener('abort', tellAll, { once: true });
  watches.set(signal, { callbacks, stop });
  return { callbacks, stop };
}
