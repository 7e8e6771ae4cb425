/** How a rate grows back; times in milliseconds, rates in calls a millisecond. */
export interface Curve {
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
export function rateOf({ from, pauseMs, base, ceiling }: Curve, now: number): number {
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
export function sustainableRate(
  curve: Curve,
  until: number,
  roomAt: (rate: number) => number,
): number {
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
