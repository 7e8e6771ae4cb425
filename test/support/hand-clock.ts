import type { Clock } from '../../src/cli/progress.js';

export interface HandClock {
  clock: Clock;
  /** Lets time go on. */
  pass(ms: number): void;
  /** How many callbacks are waited for. */
  timers(): number;
}

/** A clock that goes on only when it is told to. */
export function handClock(): HandClock {
  let now = 1000;
  let waiting: { at: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      waiting.push(timer);
      const cancel = () => {
        waiting = waiting.filter((one) => one !== timer);
      };
      return { cancel };
    },
  };
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const [next] = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      waiting = waiting.filter((one) => one !== next);
      now = next.at;
      next.callback();
    }
    now = end;
  };
  return { clock, pass, timers: () => waiting.length };
}
