/** Wakes up everybody who waits for a change. */
export interface Notifier {
  /** Resolves at the next change. */
  next(): Promise<void>;
  /** Announces a change. */
  notify(): void;
}

export function createNotifier(): Notifier {
  let waiting: (() => void)[] = [];
  return {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    notify() {
      const awake = waiting;
      waiting = [];
      for (const wake of awake) wake();
    },
  };
}

/** Limits how many calls are in progress at once. */
export interface CallSlots {
  /** Makes a call as soon as a slot is free, in the order of the requests. */
  use<T>(call: () => Promise<T>): Promise<T>;
}

export function createCallSlots(count: number): CallSlots {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    async use(call) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        return await call();
      } finally {
        const next = waiting.shift();
        // The slot is passed on directly, so that no other call can take it in between.
        if (next) next();
        else free += 1;
      }
    },
  };
}

/** How far to look ahead; each item takes a few dozen bytes. */
const MAX_AHEAD = 100_000;

/** How many are taken in one go, before other work gets its turn. */
const BATCH = 256;

/**
 * Reads a source ahead of its consumer, so that the total is known early.
 *
 * @param onEnd called with the total once the source has ended.
 */
export async function* lookAhead<T>(
  source: AsyncIterable<T>,
  onEnd: (count: number) => void,
): AsyncGenerator<T, void, void> {
  const items: T[] = [];
  let given = 0;
  let count = 0;
  let done = false;
  let failure: { error: unknown } | undefined;
  const change = createNotifier();

  const takeAll = async () => {
    for await (const item of source) {
      items.push(item);
      count += 1;
      change.notify();
      if (count % BATCH === 0) await new Promise(setImmediate);
      while (items.length - given >= MAX_AHEAD && !done) await change.next();
      if (done) return;
    }
    onEnd(count);
  };
  takeAll()
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      done = true;
      change.notify();
    });

  try {
    for (;;) {
      while (given < items.length) {
        const item = items[given];
        given += 1;
        // Remove delivered items in batches: shifting each one would be slow.
        if (given >= BATCH) {
          items.splice(0, given);
          given = 0;
        }
        change.notify();
        if (item !== undefined) yield item;
      }
      if (done) break;
      await change.next();
    }
  } finally {
    done = true;
    change.notify();
  }
  if (failure) throw failure.error;
}
