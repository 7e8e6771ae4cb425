import type { Talk, Tally } from '../context.js';

/** Says at the end of a run what became of files that nobody named one by one. */
export function noteTally(
  talk: Talk,
  done: string,
  { produced, failures }: Tally,
  passedOver: number,
): void {
  if (passedOver === 0) return;
  const counts = [
    `${produced} ${done}`,
    ...(failures.length > 0 ? [`${failures.length} failed`] : []),
    `${passedOver} passed over that ${passedOver === 1 ? 'is no picture' : 'are no pictures'}`,
  ];
  talk.note(counts.join(', '));
}
