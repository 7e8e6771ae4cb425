import { askOnce, Flights, type Memory, unbilled } from './cached-answer.js';
import { KeptAnswers, type NamedAnswers } from './kept-answers.js';
import type { Answers } from './votes.js';

/** Asks about equal pictures of one run only once. */
export interface EqualPictures {
  /**
   * The answers about a picture. Calls `askNow` only if no equal picture was or is being asked
   * about.
   *
   * @param identity the hash that equal pictures share, in hexadecimal.
   * @throws whatever `askNow` throws, and GeminiImageError of kind `interrupted` after `abort`.
   */
  askOnce(
    identity: string,
    name: string,
    askNow: () => Promise<Answers>,
    abort?: AbortSignal,
  ): Promise<Answers>;
}

/** In bytes: some hundred thousand captions. The oldest answers are dropped first. */
const MOST_KEPT = 16_777_216;

export function createEqualPictures(mostKept = MOST_KEPT): EqualPictures {
  const kept = new KeptAnswers(mostKept);
  const flights = new Flights<NamedAnswers>();
  const memory: Memory<NamedAnswers> = {
    find: (key) => kept.find(key),
    keep: (key, named) => kept.keep(key, named),
  };
  return {
    async askOnce(identity, name, askNow, abort) {
      const askAs = async () => ({ name, answers: await askNow() });
      const found = await askOnce(memory, flights, identity, askAs, () => true, abort);
      const { answers } = found.kept;
      if (!found.isFound) return answers;
      const { answer, texts, answered } = answers;
      const copiedFrom = found.kept.name;
      return { answer: unbilled(answer), texts, answered, cached: false, copiedFrom };
    },
  };
}
