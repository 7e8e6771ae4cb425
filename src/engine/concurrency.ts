/** Wakes up whoever waits for a change. */
export interface Bell {
  /** Resolves when the bell is rung next. */
  rung(): Promise<void>;
  ring(): void;
}

export function createBell(): Bell {
  let waiting: (() => void)[] = [];
  return {
    rung: () => new Promise((resolve) => waiting.push(resolve)),
    ring() {
      const awake = waiting;
      waiting = [];
      for (const wake of awake) wake();
    },
  };
}
