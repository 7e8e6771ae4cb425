/** Limits are counted per minute; older calls say little. */
const MEMORY_MS = 60_000;

/** The share of the rate that remains after a refusal. */
const CUT = 0.5;

/** The least first rate: this many calls in the time that the service asks to wait, or a second. */
const FIRST_CALLS = 5;

/** Cuts count as consecutive if fewer calls than this were accepted between them. */
const FEW_ACCEPTED = 5;

/** After so many consecutive cuts, estimates are too far off, and the rate is halved instead. */
const MAX_ESTIMATES = 3;

/**
 * After so many consecutive cuts, the rate is not the cause. It is set back to what it was before
 * them, and doubled with each further cut, so that only the pauses slow the calls down.
 */
const MAX_CUTS = 7;
const MAX_DOUBLINGS = 5;

/** After that, the rate is adapted again once this many calls were accepted between two cuts. */
const MANY_ACCEPTED = 20;

/** Facts about an attempt, kept until it is known whether it was refused. */
export interface Start {
  /** The number of the attempt. */
  readonly number: number;
  readonly at: number;
  /** Whether it had to wait: only then were calls made at the full allowed rate. */
  readonly wasHeld: boolean;
}

/**
 * Discovers how many calls a service takes. There is no limit until a call is refused; then the
 * rate is half of what was sent. It grows back along a curve to just below what the service
 * sustains, and slowly beyond that. Times are in milliseconds, rates in calls per millisecond;
 * every method gets the current time.
 */
export class AdaptiveRate {
  #curve: Curve | undefined;
  #starts = 0;
  /** The number of the last attempt before the last cut. */
  #round = 0;
  /** How many calls were accepted, and since when. */
  #accepted = 0;
  #since = -Infinity;
  #acceptedSinceCut = 0;
  /** The calls that were accepted before the first refusal, and the time that they took. */
  #burst = { calls: 0, ms: 0 };
  #cuts = 0;
  #rateBeforeCuts = 0;

  /** Infinity if there is no limit. */
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
   * Records a refusal. Refusals of attempts from before the last cut are ignored.
   *
   * @param pauseMs how long no call will begin.
   * @returns whether the refusal was counted.
   */
  refused(now: number, start: Start, pauseMs: number): boolean {
    if (start.number <= this.#round) return false;
    const from = now + pauseMs;
    const curve = this.#curve;
    if (curve && this.#acceptedSinceCut === 0) {
      // No call was accepted since the last cut: the next call came too early; the rate is not the
      // cause.
      this.#curve = { ...curve, from };
      this.#round = this.#starts;
      return true;
    }
    const rate = start.wasHeld && curve ? rateOf(curve, start.at) : Infinity;
    const next =
      curve && rate < Infinity
        ? this.#lowerCurve(curve, start)
        : this.#firstCurve(start, from, pauseMs);

    this.#cuts = this.#isInRow() ? this.#cuts + 1 : 1;
    const cuts = this.#cuts;
    if (cuts === 1) this.#rateBeforeCuts = rate < Infinity ? rate : next.base / CUT;
    const ceiling = this.#rateBeforeCuts * 2 ** Math.min(cuts - MAX_CUTS, MAX_DOUBLINGS);
    const shape = cuts > MAX_CUTS ? below(ceiling) : next;
    this.#curve = { from, pauseMs, heardMs: now - start.at, ...shape };

    this.#round = this.#starts;
    this.#since = now;
    this.#accepted = 0;
    this.#acceptedSinceCut = 0;
    return true;
  }

  /**
   * Records that the pause after the last cut becomes longer, because calls from before that cut were refused
   * too. The rate grows only from its end on.
   */
  rests(now: number, until: number): void {
    const curve = this.#curve;
    // Once calls go out again, a late refusal says nothing about their rate.
    if (!curve || now > curve.from) return;
    this.#curve = { ...curve, from: Math.max(curve.from, until) };
  }

  /** Whether few calls were accepted since the last cut. */
  #isInRow(): boolean {
    return this.#acceptedSinceCut < (this.#cuts > MAX_CUTS ? MANY_ACCEPTED : FEW_ACCEPTED);
  }

  /** Half of the recent rate, if nothing else slowed the calls down. */
  #firstCurve(start: Start, from: number, pauseMs: number): Shape {
    this.#burst = { calls: start.number - this.#round - 1, ms: start.at - this.#since };
    const got = this.#accepted / Math.max(from - this.#since, 1);
    const base = Math.max(got * CUT, FIRST_CALLS / Math.max(pauseMs, 1000));
    return { base, ceiling: undefined };
  }

  #lowerCurve(last: Curve, start: Start): Shape {
    const sent = start.number - this.#round - 1;
    const { calls, ms } = this.#burst;
    const room = (rate: number) => Math.min(calls - rate * ms, sent) - 1;
    const rate = rateOf(last, start.at);
    const isFarOff = this.#isInRow() && this.#cuts > MAX_ESTIMATES;
    const sustainable = isFarOff ? 0 : sustainableRate(last, start.at, room);
    return below(Math.max(rate * CUT, sustainable));
  }
}

/** The rates of a curve, in calls per millisecond. */
interface Shape {
  /** At the start. */
  readonly base: number;
  /** What the service probably sustains; undefined if unknown. */
  readonly ceiling: number | undefined;
}

function below(ceiling: number): Shape {
  return { base: ceiling * CUT, ceiling };
}

/** How a rate grows back; times in milliseconds. */
interface Curve extends Shape {
  /** The start of the curve, at the end of a pause. */
  readonly from: number;
  /** The length of that pause, which is the price of a refusal. */
  readonly pauseMs: number;
  /** How long after its start the call was heard to be refused. */
  readonly heardMs: number;
}

/** The height of the plateau, as a share of the ceiling. */
const PLATEAU = 0.97;

/** While the ceiling is unknown, the rate grows by e to this power in the time of a recovery. */
const SEARCH = 2;

/** A recovery takes at least this many times as long as it takes to hear of a refusal. */
const HEARINGS = 2;

/** A timer cannot keep calls apart by less than a millisecond. */
const UNLIMITED = 1;

/**
 * The rate at a time. It grows quickly to the plateau, stays near it for long, and then grows
 * faster and faster, as in CUBIC for TCP (RFC 9438). The durations follow from the pause: if a
 * refusal costs a minute, the curve risks it less often than if it costs a moment. A rate that grows much faster
 * than refusals are heard of would be far too high when the first one comes.
 */
function rateOf({ from, pauseMs, heardMs, base, ceiling }: Curve, now: number): number {
  const recoveryMs = between(500, Math.max(pauseMs, HEARINGS * heardMs), 60_000);
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
 * The rate that a service sustains after it refused a call. The service is modelled as a token
 * bucket, which was empty at that moment and not before. With a large bucket, the rate at the
 * refusal says little, since the calls also used up the reserve.
 *
 * @param until when the refused call was sent.
 * @param roomAt how many calls the bucket holds in reserve, for a given sustained rate.
 */
function sustainableRate(curve: Curve, until: number, roomAt: (rate: number) => number): number {
  const last = rateOf(curve, until);
  let low = 0;
  // The call before it was accepted, at a slightly lower rate.
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
