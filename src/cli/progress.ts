import type { Writable } from 'node:stream';
import type { ErrorKind } from '../domain/error.js';
import type { Pause, Progress, Retry } from '../domain/events.js';
import { count, dollars, duration, LEAST_USD, onTheWay, perMinute } from '../output/quantities.js';
import type { Palette } from './colour.js';

/** Shows how far a run is: as a line on a terminal, or now and then as a line of a log. */
export interface ProgressDisplay {
  /** Whether the display needs the total early. */
  readonly showsTotal: boolean;
  /** Whether the progress of a run is shown now. */
  readonly isOn: boolean;
  /** Shows the new state; undefined removes the line for good. */
  update(state: Progress | undefined): void;
  /** No call begins for a while. */
  pause(pause: Pause): void;
  /** A picture waits before it is asked about again. */
  retry(retry: Pick<Retry, 'delayMs' | 'error'>): void;
}

export interface Clock {
  /** Milliseconds from an arbitrary start; never runs backwards. */
  now(): number;
  /** Calls back once unless cancelled. A pending call does not keep the process alive. */
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
  /** The terminal's current width; undefined or 0 if unknown. */
  columns(): number | undefined;
}

/** The least time between two changes of the line, so that it can be read. */
const CALM_MS = 150;
/** How often the line is redrawn by itself, because it shows seconds. */
const TICK_MS = 1000;
/** Shorter waits are over before anybody has read about them. */
const SHORTEST_PAUSE_MS = 1000;
const USUAL_COLUMNS = 80;
/** Room for the `^C` that a terminal prints after the line: a second row could not be erased. */
const SPARE_COLUMNS = 3;

export function createProgress({
  line,
  palette,
  clock,
  columns,
}: ProgressOptions): ProgressDisplay {
  const run = followRun(clock);
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<Clock['after']> | undefined;
  let nextAt = Number.POSITIVE_INFINITY;

  const draw = () => {
    const facts = run.facts();
    if (!facts) return;
    drawnAt = clock.now();
    const width = (columns() || USUAL_COLUMNS) - SPARE_COLUMNS;
    const text = progressText(facts, width);
    line.show(text === '' ? '' : palette.quiet(text));
    drawAt(drawnAt + TICK_MS);
  };
  const drawAt = (time: number) => {
    timer?.cancel();
    nextAt = time;
    timer = clock.after(time - clock.now(), draw);
  };
  const drawSoon = () => {
    if (!run.isOn) return;
    const earliest = drawnAt + CALM_MS;
    if (clock.now() >= earliest) draw();
    else if (nextAt > earliest) drawAt(earliest);
  };

  return {
    showsTotal: true,
    get isOn() {
      return run.isOn;
    },
    update(next) {
      if (!run.update(next)) return;
      if (next) return drawSoon();
      timer?.cancel();
      line.show('');
    },
    pause(pause) {
      if (run.pause(pause)) drawSoon();
    },
    retry(retry) {
      run.retry(retry);
      drawSoon();
    },
  };
}

/** Time between two lines of a log. */
const LOG_MS = 60_000;

/** A wait that is told in a log at once: after this long, somebody thinks that the command hangs. */
export const LONG_WAIT_MS = 10_000;

/**
 * Shows progress where no line can be redrawn, such as in the log of a job: once a minute, so that
 * everybody can see that a long run is alive. A long wait is told when it begins.
 *
 * @param write writes a whole line, which already ends in a newline.
 */
export function createPlainProgress(clock: Clock, write: (line: string) => void): ProgressDisplay {
  const run = followRun(clock);
  let timer: ReturnType<Clock['after']> | undefined;
  let before: Progress | undefined;
  /** When the wait that was told last is over: one that is put off is not told anew. */
  let saidUntil = Number.NEGATIVE_INFINITY;

  const tell = () => {
    const facts = run.facts();
    if (!facts) return;
    write(`${plainProgressText(facts, before)}\n`);
    before = facts;
    timer = clock.after(LOG_MS, tell);
  };

  return {
    showsTotal: false,
    get isOn() {
      return run.isOn;
    },
    update(next) {
      if (!run.update(next)) return;
      if (!next) timer?.cancel();
      else timer ??= clock.after(LOG_MS, tell);
    },
    pause(pause) {
      const isLonger = run.pause(pause);
      if (!isLonger || !run.isOn || pause.delayMs < LONG_WAIT_MS || clock.now() < saidUntil) return;
      saidUntil = clock.now() + pause.delayMs;
      write(`${waiting(pause)}\n`);
    },
    retry: run.retry,
  };
}

/** Keeps the latest state that a run has reported. */
function followRun(clock: Clock) {
  let state: Progress | undefined;
  let ended = false;
  let beganAt = 0;
  let paused: { until: number; error: Pause['error'] } | undefined;
  /** For each waiting picture: when it will be asked about again, and why it waits. */
  let repetitions: { until: number; error: Retry['error'] }[] = [];
  return {
    get isOn() {
      return state !== undefined;
    },
    /** @returns false if the run has already ended. */
    update(next: Progress | undefined): boolean {
      if (ended) return false;
      if (next && !state) beganAt = clock.now();
      state = next;
      ended = next === undefined;
      return true;
    },
    /** @returns whether this wait ends later than the current one. */
    pause({ delayMs, error }: Pause): boolean {
      const until = clock.now() + delayMs;
      if (delayMs < SHORTEST_PAUSE_MS || until <= (paused?.until ?? 0)) return false;
      paused = { until, error };
      return true;
    },
    retry({ delayMs, error }: Pick<Retry, 'delayMs' | 'error'>): void {
      repetitions.push({ until: clock.now() + delayMs, error });
    },
    /** Undefined before the run has begun, and after its end. */
    facts(): ProgressFacts | undefined {
      if (!state) return undefined;
      const now = clock.now();
      if (paused && paused.until <= now) paused = undefined;
      repetitions = repetitions.filter(({ until }) => until > now);
      return {
        ...state,
        elapsedMs: now - beganAt,
        pause: paused && { delayMs: paused.until - now, error: paused.error },
        retrying: repetitions.length,
        retryingFor: repetitions.at(-1)?.error.kind,
      };
    },
  };
}

/** What a progress line shows of a run. */
export interface ProgressFacts extends Progress {
  /** Time since the run began. */
  elapsedMs: number;
  /** While no call may begin: how long the wait still lasts, and why. */
  pause?: Pause | undefined;
  /** How many pictures wait to be asked about again. */
  retrying?: number;
  /** The latest error among those pictures. */
  retryingFor?: ErrorKind | undefined;
}

/**
 * What is dropped on a narrow terminal, in this order. The number of pictures done always stays.
 */
const DROPPED = ['money', 'timeLeft', 'rate', 'retrying', 'failed', 'pause'] as const;

/**
 * How far a run is, in one line: `128 of 400 · 95/min · 2 min 51 s left · $0.0432 · 2 failed`.
 * Pictures that were already described count as done, but not for the speed.
 *
 * @param width in columns; parts that do not fit are left out.
 */
export function progressText(facts: ProgressFacts, width: number): string {
  if (facts.jobs) return `waiting for ${onTheWay(facts.jobs)}`.slice(0, width);
  const parts = Object.entries(partsOf(facts)).filter(([, text]) => text !== '');
  for (let dropped = 0; dropped <= DROPPED.length; dropped++) {
    const gone: readonly string[] = DROPPED.slice(0, dropped);
    const line = parts.flatMap(([name, text]) => (gone.includes(name) ? [] : [text])).join(' · ');
    if (line.length <= width) return line;
  }
  return '';
}

/**
 * The same as a line of a log, with nothing left out:
 * `128 done, 2 of them failed, 95 a minute, $0.0432; waiting 41 s for the rate limit`.
 *
 * @param before the facts of the line before this one.
 */
export function plainProgressText(facts: ProgressFacts, before: Progress | undefined): string {
  const { skipped, failed, costUsd = 0, elapsedMs, jobs } = facts;
  if (jobs) return `waiting for ${onTheWay(jobs)}`;
  const worked = facts.described + failed;
  const { done, timeLeft } = partsOf(facts);
  const parts = [
    done.endsWith('done') ? done : `${done} done`,
    skipped > 0 && `${count(skipped)} of them before`,
    failed > 0 && `${count(failed)} of them failed`,
    meansSomething(worked, elapsedMs) && `${perMinute(worked, elapsedMs)} a minute`,
    timeLeft !== '' && timeLeft,
    costUsd > 0 && money(costUsd),
  ].filter((part) => part !== false);
  const wait = waitText(facts, before);
  return parts.join(', ') + (wait === '' ? '' : `; ${wait}`);
}

/** What the run waits for, if known. */
function waitText(facts: ProgressFacts, before: Progress | undefined): string {
  const { pause, retrying = 0, retryingFor } = facts;
  if (pause) return waiting(pause);
  if (retrying > 0) {
    const why = retryingFor === 'quota' ? 'the rate limit' : 'the service or the network';
    return `${count(retrying)} waiting to be tried again, for ${why}`;
  }
  const done = (one: Progress) => one.described + one.failed + one.skipped;
  return done(facts) === (before ? done(before) : 0) ? 'nothing finished in the last minute' : '';
}

/** The parts of the line, in the order in which they are shown. */
function partsOf(
  facts: ProgressFacts,
): { done: string } & Record<(typeof DROPPED)[number], string> {
  const { described, skipped, failed, total, costUsd = 0, elapsedMs, pause, retrying = 0 } = facts;
  const worked = described + failed;
  const done = skipped + worked;
  const left = total === undefined ? 0 : total - done;
  const hasRate = meansSomething(worked, elapsedMs);
  return {
    done: total === undefined ? `${count(done)} done` : `${count(done)} of ${count(total)}`,
    rate: hasRate ? `${perMinute(worked, elapsedMs)}/min` : '',
    timeLeft: hasRate && left > 0 ? `${duration((left * elapsedMs) / worked)} left` : '',
    money: money(costUsd),
    failed: failed > 0 ? `${count(failed)} failed` : '',
    // During a pause, the pause already says why pictures wait.
    retrying: retrying > 0 && !pause ? `${count(retrying)} to try again` : '',
    pause: pause ? waiting(pause) : '',
  };
}

/** Whether the speed means something yet: the first answers arrive together, after a wait. */
function meansSomething(worked: number, elapsedMs: number): boolean {
  return worked >= 3 && elapsedMs >= 3000;
}

function money(usd: number): string {
  if (usd <= 0) return '';
  return usd < LEAST_USD ? `<${dollars(LEAST_USD)}` : dollars(usd);
}

/** What all calls wait for: `waiting 41 s for the rate limit`. */
export function waiting({ delayMs, error }: Pause): string {
  const wait = duration(Math.ceil(delayMs / 1000) * 1000);
  return `waiting ${wait} for the ${error.kind === 'quota' ? 'rate limit' : 'service'}`;
}

/** Moves to the first column and clears the line. */
export const ERASE = '\r\u001b[2K';

/**
 * The last line of a terminal, which stays below everything that is written meanwhile. As long as
 * no text is shown, stderr gets exactly what is written.
 */
export class ProgressLine {
  readonly #stderr: Writable;
  #wanted = '';
  #shown = '';
  /** How many texts are being written to the same terminal through another stream. */
  #others = 0;
  /**
   * Whether the last text still lacks its line end, as a streamed one may: showing our line would
   * erase it.
   */
  #isMidLine = false;
  /**
   * Whether the other stream stopped in the middle of a line: the next message then begins a new
   * one.
   */
  #isMidOther = false;

  constructor(stderr: Writable) {
    this.#stderr = stderr;
  }

  /** Shows a text in place of the one before. It must fit into one line; '' removes the line. */
  show(text: string): void {
    if (text === this.#wanted) return;
    this.#wanted = text;
    this.#redraw();
  }

  /** Writes to stderr, above the line. */
  write(text: string): void {
    if (text === '') return;
    const newline = this.#isMidOther ? '\n' : '';
    this.#isMidOther = false;
    this.#isMidLine = !text.endsWith('\n');
    this.#redraw(newline + text);
  }

  /**
   * Makes room for text that reaches the same terminal through another stream.
   *
   * @param write writes the text and resolves once it is out.
   */
  async above(text: string, write: () => Promise<void>): Promise<void> {
    this.#others += 1;
    this.#redraw();
    await write();
    this.#others -= 1;
    this.#isMidLine = !text.endsWith('\n');
    this.#isMidOther = this.#isMidLine;
    if (this.#others === 0) this.#redraw();
  }

  #redraw(text = ''): void {
    const erase = this.#shown === '' ? '' : ERASE;
    this.#shown = this.#isMidLine || this.#others > 0 ? '' : this.#wanted;
    const output = erase + text + this.#shown;
    // In one write, so that no other process writes in between and nothing flickers.
    if (output !== '') this.#stderr.write(output);
  }
}
