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
 * How many calls a service takes, found out by asking: unlimited until a call is refused, then half
 * of what was sent, growing back along a curve to just below what the service sustains, and slowly
 * beyond. Times are in milliseconds, rates in calls a millisecond; every method is told the present.
 */
export class AdaptiveRate {
  #curve: Curve | undefined;
  #starts = 0;
  /** The last attempt before the last cut. */
  #round = 0;
  /** How many calls were accepted, and since when they are counted. */
  #accepted = 0;
  #since = -Infinity;
  #acceptedSinceCut = 0;
  /** What was accepted at once, before the first refusal, and in what time. */
  #burst = { calls: 0, ms: 0 };
  #cuts = 0;
  #rateBeforeCuts = 0;

  /** Infinity where there is no limit. */
  at(now: number): number {
    return this.#curve ? rateOf(this.#curve, now) : Infinity;
  }

  begin(now: number, wasHeld: boolean): Start {
    if (this.#starts === 0) this.#since = now;
    this.#starts += 1;
    return { number: this.#starts, at: now, wasHeld };
  }

  accepted(now: number): void {
    this.#acceptedSinceCut += 1;
    this.#accepted += 1;
    if (now - this.#since <= MEMORY_MS) return;
    this.#accepted /= 2;
    this.#since = (this.#since + now) / 2;
  }

  /**
   * Learns of a refusal. Those of attempts that were begun before the last cut are no news.
   *
   * @param pauseMs how long nothing will be begun.
   * @returns whether it was news.
   */
  refused(now: number, start: Start, pauseMs: number): boolean {
    if (start.number <= this.#round) return false;
    const from = now + pauseMs;
    const curve = this.#curve;
    if (curve && this.#acceptedSinceCut === 0) {
      // Nothing got through since the last cut: it is not the rate, it is too early.
      this.#curve = { ...curve, from };
      this.#round = this.#starts;
      return true;
    }
    const rate = start.wasHeld && curve ? rateOf(curve, start.at) : Infinity;
    const next =
      curve && rate < Infinity
        ? this.#lowerCurve(curve, start, from, pauseMs)
        : this.#firstCurve(start, from, pauseMs);

    this.#cuts = this.#isInRow() ? this.#cuts + 1 : 1;
    const cuts = this.#cuts;
    if (cuts === 1) this.#rateBeforeCuts = rate < Infinity ? rate : next.base / CUT;
    const ceiling = this.#rateBeforeCuts * 2 ** Math.min(cuts - MAX_CUTS, MAX_DOUBLINGS);
    this.#curve = cuts > MAX_CUTS ? { from, pauseMs, base: ceiling * CUT, ceiling } : next;

    this.#round = this.#starts;
    this.#since = now;
    this.#accepted = 0;
    this.#acceptedSinceCut = 0;
    return true;
  }

  /** Whether few calls got through since the last cut. */
  #isInRow(): boolean {
    return this.#acceptedSinceCut < (this.#cuts > MAX_CUTS ? MANY_ACCEPTED : FEW_ACCEPTED);
  }

  /** Half of what got through lately, where nothing else held the calls back. */
  #firstCurve(start: Start, from: number, pauseMs: number): Curve {
    this.#burst = { calls: start.number - this.#round - 1, ms: start.at - this.#since };
    const got = this.#accepted / Math.max(from - this.#since, 1);
    const base = Math.max(got * CUT, FIRST_CALLS / Math.max(pauseMs, 1000));
    return { from, pauseMs, base, ceiling: undefined };
  }

  #lowerCurve(last: Curve, start: Start, from: number, pauseMs: number): Curve {
    const sent = start.number - this.#round - 1;
    const { calls, ms } = this.#burst;
    const room = (rate: number) => Math.min(calls - rate * ms, sent) - 1;
    const rate = rateOf(last, start.at);
    const isFarOff = this.#isInRow() && this.#cuts > MAX_ESTIMATES;
    const sustainable = isFarOff ? 0 : sustainableRate(last, start.at, room);
    const ceiling = Math.max(rate * CUT, sustainable);
    return { from, pauseMs, base: ceiling * CUT, ceiling };
  }
}

/** How a rate grows back; times in milliseconds, rates in calls a millisecond. */
interface Curve {
  /** When it begins, which is when a pause ends. */
  readonly from: number;
  /** How long that pause was: what a refusal costs. */
  readonly pauseMs: number;
  /** The rate at its begin. */
  readonly base: number;
  /** What the service is thought to sustain; undefined where nothing is known yet. */
  readonly ceiling: number | undefined;
}

/** Where the plateau lies, as a share of the ceiling. */
const PLATEAU = 0.97;

/** While nothing is known, the rate grows by this power of e in the time of a recovery. */
const SEARCH = 2;

/** A timer cannot keep calls apart by less than a millisecond. */
const UNLIMITED = 1;

/**
 * The rate at a time: quickly up to the plateau, long about there, and faster and faster beyond, as
 * CUBIC does it for TCP (RFC 9438). What takes how long follows from the pause: where a refusal
 * costs a minute, it is risked more seldom than where it costs a moment.
 */
function rateOf({ from, pauseMs, base, ceiling }: Curve, now: number): number {
  const recoveryMs = between(500, pauseMs, 60_000);
  const probeMs = between(10_000, 30 * pauseMs, 300_000);
  const ms = Math.max(0, now - from);
  const rate = () => {
    if (ceiling === undefined) return base * Math.exp((SEARCH * ms) / recoveryMs);
    const plateau = ceiling * PLATEAU;
    if (ms < recoveryMs) return plateau - (plateau - base) * (1 - ms / recoveryMs) ** 3;
    return plateau + (ceiling - plateau) * ((ms - recoveryMs) / probeMs) ** 3;
  };
  const grown = rate();
  return grown > UNLIMITED ? Infinity : grown;
}

/**
 * The rate that a service sustains which refused a call, taken as a token bucket: it must have been
 * empty at that time, and not before. Where it has room for many, the rate of the refused call says
 * little, since it was sent from what had been saved up.
 *
 * @param until when the refused call was sent.
 * @param roomAt how many calls the bucket holds in reserve, where it sustains a given rate.
 */
function sustainableRate(curve: Curve, until: number, roomAt: (rate: number) => number): number {
  const last = rateOf(curve, until);
  let low = 0;
  // The call before it was accepted, at a rate somewhat lower.
  let high = rateOf(curve, until - 0.5 / last);
  for (let round = 0; round < 16; round += 1) {
    const middle = (low + high) / 2;
    if (runsEmpty(curve, until, middle, Math.max(0, roomAt(middle)))) low = middle;
    else high = middle;
  }
  return low;
}

const STEPS = 64;

function runsEmpty(curve: Curve, until: number, rate: number, room: number): boolean {
  const step = Math.max(0, until - curve.from) / STEPS;
  let level = Math.min(room, rate * curve.pauseMs);
  for (let at = 0; at < STEPS; at += 1) {
    const sent = rateOf(curve, curve.from + (at + 0.5) * step);
    level = Math.min(room, level + (rate - sent) * step);
    if (level < 0) return true;
  }
  return false;
}

function between(least: number, value: number, most: number): number {
  return Math.min(Math.max(least, value), most);
}
