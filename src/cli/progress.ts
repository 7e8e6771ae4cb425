import type { Pause, Progress } from '../domain/events.js';
import type { Palette } from './palette.js';
import type { ProgressLine } from './progress-line.js';
import { progressText } from './progress-text.js';

/** Tells a person at a terminal how far a run is. */
export interface ProgressDisplay {
  /** Whether there is a line on the terminal. */
  readonly isOn: boolean;
  /** The run has come this far; undefined takes the line away for good. */
  update(state: Progress | undefined): void;
  /** No call of the run begins for a while. */
  pause(pause: Pause): void;
  /** A picture waits before it is asked about again. */
  retry(delayMs: number): void;
}

export interface Clock {
  /** In milliseconds, from any beginning, never backwards. */
  now(): number;
  /** Calls back once unless cancelled, and keeps no process alive for it. */
  after(delayMs: number, callback: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

export interface ProgressOptions {
  line: ProgressLine;
  palette: Palette;
  clock: Clock;
  /** The terminal's width now; undefined or 0 where it does not tell. */
  columns(): number | undefined;
}

/** Between two changes of the line, so that it can be read. */
const CALM_MS = 150;
/** How often the line changes by itself, for the seconds in it. */
const TICK_MS = 1000;
/** Shorter waits are over before anybody has read of them. */
const SHORTEST_PAUSE_MS = 1000;
const USUAL_COLUMNS = 80;
/** For the `^C` that a terminal puts after the line: a second row could not be erased. */
const SPARE_COLUMNS = 3;

export function createProgress({
  line,
  palette,
  clock,
  columns,
}: ProgressOptions): ProgressDisplay {
  let state: Progress | undefined;
  let ended = false;
  let beganAt = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let paused: { until: number; error: Pause['error'] } | undefined;
  /** When each picture that waits will be asked about again. */
  let repetitions: number[] = [];
  let timer: ReturnType<Clock['after']> | undefined;
  let nextAt = Number.POSITIVE_INFINITY;

  const draw = () => {
    if (!state) return;
    drawnAt = clock.now();
    if (paused && paused.until <= drawnAt) paused = undefined;
    const pause = paused && { delayMs: paused.until - drawnAt, error: paused.error };
    const width = (columns() || USUAL_COLUMNS) - SPARE_COLUMNS;
    repetitions = repetitions.filter((until) => until > drawnAt);
    const retrying = repetitions.length;
    const text = progressText({ ...state, elapsedMs: drawnAt - beganAt, pause, retrying }, width);
    line.show(text === '' ? '' : palette.quiet(text));
    drawAt(drawnAt + TICK_MS);
  };
  const drawAt = (time: number) => {
    timer?.cancel();
    nextAt = time;
    timer = clock.after(time - clock.now(), draw);
  };
  const drawSoon = () => {
    const earliest = drawnAt + CALM_MS;
    if (clock.now() >= earliest) draw();
    else if (nextAt > earliest) drawAt(earliest);
  };

  return {
    get isOn() {
      return state !== undefined;
    },
    update(next) {
      if (ended) return;
      if (next) {
        if (!state) beganAt = clock.now();
        state = next;
        drawSoon();
      } else {
        ended = true;
        state = undefined;
        timer?.cancel();
        line.show('');
      }
    },
    pause({ delayMs, error }) {
      const until = clock.now() + delayMs;
      if (delayMs < SHORTEST_PAUSE_MS || until <= (paused?.until ?? 0)) return;
      paused = { until, error };
      if (state) drawSoon();
    },
    retry(delayMs) {
      repetitions.push(clock.now() + delayMs);
      if (state) drawSoon();
    },
  };
}
