import { type Curve, rateOf, sustainableRate } from './pace-curve.js';

/** Limits are counted by the minute; what was longer ago says little. */
const MEMORY_MS = 60_000;

/** What a refusal leaves of the rate. */
const CUT = 0.5;

/** The least to begin with: so many calls in the time that the service asks to wait, or a second. */
const FIRST_CALLS = 5;

/** Cuts are in a row where fewer calls than this were accepted between them. */
const FEW_ACCEPTED = 5;

/** After so many in a row, the rate is too far off for estimates, and is halved. */
const MAX_ESTIMATES = 3;

/**
 * After so many, pace is not the matter: the rate is again what it was, with each further cut twice
 * as much, and the pauses must do.
 */
const MAX_CUTS = 7;
const MAX_DOUBLINGS = 5;

/** Then it takes as many accepted calls between two cuts to look at the pace again. */
const MANY_ACCEPTED = 20;

/** What is remembered of an attempt until it is known whether it was refused. */
export interface Start {
  /** Counts the attempts. */
  readonly number: number;
  readonly at: number;
  /** Whether it had to wait: only then the rate of the calls was the rate that was allowed. */
  readonly wasHeld: boolean;
}

/**
 * How many calls a service takes, found out by asking. Times are in milliseconds, rates in calls a
 * millisecond; every function is told the present.
 */
export interface AdaptiveRate {
  /** Infinity where there is no limit. */
  at(now: number): number;
  begin(now: number, wasHeld: boolean): Start;
  accepted(now: number): void;
  /**
   * Learns of a refusal. Those of attempts that were begun before the last cut are no news.
   *
   * @param pauseMs how long nothing will be begun.
   * @returns whether it was news.
   */
  refused(now: number, start: Start, pauseMs: number): boolean;
}

/**
 * Unlimited until a call is refused, then half of what was sent, growing back along a curve to just
 * below what the service sustains, and slowly beyond.
 */
export function adaptiveRate(): AdaptiveRate {
  let curve: Curve | undefined;
  let starts = 0;
  /** The last attempt before the last cut. */
  let round = 0;
  /** How many calls were accepted, and since when they are counted. */
  let accepted = 0;
  let since = -Infinity;
  let acceptedSinceCut = 0;
  /** What was accepted at once, before the first refusal, and in what time. */
  let burst = { calls: 0, ms: 0 };
  let cuts = 0;
  let rateBeforeCuts = 0;

  const isInRow = () => acceptedSinceCut < (cuts > MAX_CUTS ? MANY_ACCEPTED : FEW_ACCEPTED);

  /** Half of what got through lately, where nothing else held the calls back. */
  function firstCurve(start: Start, from: number, pauseMs: number): Curve {
    burst = { calls: start.number - round - 1, ms: start.at - since };
    const got = accepted / Math.max(from - since, 1);
    const base = Math.max(got * CUT, FIRST_CALLS / Math.max(pauseMs, 1000));
    return { from, pauseMs, base, ceiling: undefined };
  }

  function lowerCurve(last: Curve, start: Start, from: number, pauseMs: number): Curve {
    const sent = start.number - round - 1;
    const room = (rate: number) => Math.min(burst.calls - rate * burst.ms, sent) - 1;
    const rate = rateOf(last, start.at);
    const isFarOff = isInRow() && cuts > MAX_ESTIMATES;
    const sustainable = isFarOff ? 0 : sustainableRate(last, start.at, room);
    const ceiling = Math.max(rate * CUT, sustainable);
    return { from, pauseMs, base: ceiling * CUT, ceiling };
  }

  return {
    at: (now) => (curve ? rateOf(curve, now) : Infinity),

    begin(now, wasHeld) {
      if (starts === 0) since = now;
      starts += 1;
      return { number: starts, at: now, wasHeld };
    },

    accepted(now) {
      acceptedSinceCut += 1;
      accepted += 1;
      if (now - since <= MEMORY_MS) return;
      accepted /= 2;
      since = (since + now) / 2;
    },

    refused(now, start, pauseMs) {
      if (start.number <= round) return false;
      const from = now + pauseMs;
      if (curve && acceptedSinceCut === 0) {
        // Nothing got through since the last cut: it is not the rate, it is too early.
        curve = { ...curve, from };
        round = starts;
        return true;
      }
      const rate = start.wasHeld && curve ? rateOf(curve, start.at) : Infinity;
      const next =
        curve && rate < Infinity
          ? lowerCurve(curve, start, from, pauseMs)
          : firstCurve(start, from, pauseMs);

      cuts = isInRow() ? cuts + 1 : 1;
      if (cuts === 1) rateBeforeCuts = rate < Infinity ? rate : next.base / CUT;
      const ceiling = rateBeforeCuts * 2 ** Math.min(cuts - MAX_CUTS, MAX_DOUBLINGS);
      curve = cuts > MAX_CUTS ? { from, pauseMs, base: ceiling * CUT, ceiling } : next;

      round = starts;
      since = now;
      accepted = 0;
      acceptedSinceCut = 0;
      return true;
    },
  };
}
