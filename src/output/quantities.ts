// Quantities as people read them, in English whatever the machine's locale is.

import type { JobsOnTheirWay } from '../domain/events.js';

/** A whole number with its thousands set off: `451,234`. */
export function count(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A span of time in its two largest units: `34 s`, `2 min 51 s`, `3 h 12 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return 'less than 1 s';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return inTwo(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return inTwo(minutes, 60, 'h', 'min');
  return inTwo(Math.round(minutes / 60), 24, 'd', 'h');
}

function inTwo(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  const whole = `${Math.floor(amount / size)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** The smallest sum that is shown, in US dollars. */
export const LEAST_USD = 0.0001;

/** A sum in US dollars, either 0 or at least LEAST_USD: `$0.0432`, `$12.35`, `$1,234.50`. */
export function dollars(usd: number): string {
  if (usd < 1) return `$${usd.toFixed(4)}`;
  const cents = Math.round(usd * 100);
  return `$${count(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, '0')}`;
}

/** A sum in US dollars to a millionth, since what is left at a limit is less than a cent. */
export function exactDollars(usd: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 6 };
  return `$${usd.toLocaleString('en-US', digits)}`;
}

/** A sum in words, never as $0: `about $0.0432`, `less than $0.0001`. */
export function aboutDollars(usd: number): string {
  return usd > 0 && usd < LEAST_USD ? `less than ${dollars(LEAST_USD)}` : `about ${dollars(usd)}`;
}

/** How many of something come in a minute: `1,234`, `95`, `4.5`. */
export function perMinute(amount: number, ms: number): string {
  const rate = (amount * 60_000) / ms;
  const tenths = Math.max(1, Math.round(rate * 10));
  return tenths < 100 ? String(tenths / 10) : count(rate);
}

export function pictures(number: number): string {
  return number === 1 ? '1 picture' : `${count(number)} pictures`;
}

export function jobsInWords(number: number): string {
  return number === 1 ? '1 job' : `${count(number)} jobs`;
}

/** The jobs that are on their way: `2 jobs (1 running, 1 pending), 300 pictures, since 14:02`. */
export function onTheWay({ states, questions, since }: JobsOnTheirWay): string {
  const number = [...states.values()].reduce((sum, jobs) => sum + jobs, 0);
  const kinds = [...states].map(([state, jobs]) =>
    number === 1 ? state : `${count(jobs)} ${state}`,
  );
  return `${jobsInWords(number)} (${kinds.join(', ')}), ${pictures(questions)}, since ${timeOfDay(since)}`;
}

/** By the clock of this machine; with the day if that is another one. */
function timeOfDay(time: number): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === new Date().toDateString()) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}
