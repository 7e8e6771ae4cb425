import type { Talk, Tally } from './context.js';
import type { Pictures } from './pictures.js';
import { foldersPassedOver, notAskedAbout } from './summary.js';

/** Says at the end of a run what became of files that nobody named one by one. */
export function noteTally(
  talk: Talk,
  done: string,
  { produced, failures }: Tally,
  pictures: Pick<Pictures, 'passedOver' | 'leftOut'>,
): void {
  const { folders, ...leftOut } = pictures.leftOut();
  const others = notAskedAbout(pictures.passedOver(), leftOut);
  if (others.length > 0) {
    const counts = [`${produced} ${done}`, failures.length > 0 && `${failures.length} failed`];
    talk.note([...counts.filter((part) => part !== false), ...others].join(', '));
  }
  const note = foldersPassedOver({ folders });
  if (note !== '') talk.note(note);
}
