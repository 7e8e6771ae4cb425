import type { Talk, Tally } from '../context.js';
import type { Pictures } from './pictures.js';
import { foldersPassedOver } from './summary.js';

/** Says at the end of a run what became of files that nobody named one by one. */
export function noteTally(
  talk: Talk,
  done: string,
  { produced, failures }: Tally,
  pictures: Pick<Pictures, 'passedOver' | 'leftOut'>,
): void {
  const passedOver = pictures.passedOver();
  const { folders, excluded } = pictures.leftOut();
  if (passedOver > 0 || excluded > 0) {
    const counts = [
      `${produced} ${done}`,
      failures.length > 0 && `${failures.length} failed`,
      passedOver > 0 &&
        `${passedOver} passed over that ${passedOver === 1 ? 'is no picture' : 'are no pictures'}`,
      excluded > 0 && `${excluded} left out by --exclude`,
    ];
    talk.note(counts.filter((part) => part !== false).join(', '));
  }
  const note = foldersPassedOver({ folders });
  if (note !== '') talk.note(note);
}
