import type { JobsOnTheirWay } from '../domain/events.js';
import { count } from '../output/quantities.js';

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
