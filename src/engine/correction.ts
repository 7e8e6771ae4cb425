import { enclosed } from './enclosed.js';

/** In characters. */
const MOST_QUOTED = 4000;

/**
 * What is said after the prompt where an answer did not keep to it. It is no template: braces in it
 * are text.
 *
 * @param problem what is wrong with the answer, as a judgement has it.
 */
export function correctionOf(problem: string, answer: string): string {
  const { text, isCut } = beginningOf(answer);
  return [
    `An earlier answer to this is not usable, because ${problem}.`,
    isCut ? `It began with these ${MOST_QUOTED} characters, and went on:` : 'It was:',
    enclosed('answer', text),
    'Answer again, with nothing but the answer, and keep to everything above. ' +
      'Do not apologise, and do not mention the earlier answer.',
  ].join('\n\n');
}

function beginningOf(answer: string): { text: string; isCut: boolean } {
  // A character takes two code units at the most, so that a long answer need not be taken apart.
  const characters = [...answer.slice(0, 2 * MOST_QUOTED + 2)];
  if (characters.length <= MOST_QUOTED) return { text: answer, isCut: false };
  return { text: characters.slice(0, MOST_QUOTED).join(''), isCut: true };
}
