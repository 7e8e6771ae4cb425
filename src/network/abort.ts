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

/** Work that can be called off, as those see it who do it. */
export type Abortable = AbortSignal | Cancellation;

/**
 * Calls off one piece of work that is never handed out of this program. It stands for an
 * `AbortController` and its signal, which cost an attempt more than its request does.
 */
export class Cancellation<Reason extends Error = Error> {
  /** Why, once it is called off. */
  reason: Reason | undefined;
  readonly #callbacks: ((() => void) | undefined)[] = [];

  get aborted(): boolean {
    return this.reason !== undefined;
  }

  /** Calls the work off; the first reason counts. */
  abort(reason: Reason): void {
    if (this.aborted) return;
    this.reason = reason;
    // Also those who come meanwhile, but none who is removed meanwhile.
    for (let at = 0; at < this.#callbacks.length; at += 1) this.#callbacks[at]?.();
  }

  /** @throws the reason, if the work has been called off. */
  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** As `onAbort` does. */
  whenAborted(callback: () => void): () => void {
    const callbacks = this.#callbacks;
    const place = callbacks.push(callback) - 1;
    return () => {
      if (callbacks[place] === callback) callbacks[place] = undefined;
    };
  }
}

/**
 * Calls back when work is called off. However many wait for one signal, it gets one listener:
 * Node warns of a leak at the eleventh.
 *
 * @returns a function that ends it.
 */
export function onAbort(work: Abortable, callback: () => void): () => void {
  return work instanceof Cancellation ? work.whenAborted(callback) : onSignal(work, callback);
}

function onSignal(signal: Watched, callback: () => void): () => void {
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
