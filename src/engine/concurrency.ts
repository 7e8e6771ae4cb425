/** Wakes up those that wait for a change. */
export interface Notifier {
  /** Resolves at the next change. */
  next(): Promise<void>;
  /** Says that there is a change. */
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

/** How many calls may be on their way at once. */
export interface CallSlots {
  /** Makes a call as soon as a slot is free, those that came first first. */
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
        // The slot goes from hand to hand, so that nobody slips in between.
        if (next) next();
        else free += 1;
      }
    },
  };
}

/** Enough to know how many there are, at a few dozen bytes each. */
const MAX_AHEAD = 100_000;

/** How many are taken in one go before others get their turn. */
const BATCH = 256;

/**
 * Takes from a source ahead of its reader, so that it is known early how many there are.
 *
 * @param onEnd told of the number once the source has ended.
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
        // Lets go of what was given, now and then: shifting each one would be slow.
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
