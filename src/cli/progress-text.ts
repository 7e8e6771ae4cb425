import type { ErrorKind } from '../domain/error.js';
import type { Pause, Progress } from '../domain/events.js';
import { count, dollars, duration, LEAST_USD, perMinute } from '../output/quantities.js';
import { onTheWay } from './jobs-in-words.js';

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
