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
