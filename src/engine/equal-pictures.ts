import { askOnce, type Flights, type Memory, unbilled } from './cached-answer.js';
import type { Answers } from './votes.js';

/** Asks about equal pictures of one run only once. */
export interface EqualPictures {
  /**
   * The answers about a picture. Calls `askNow` only if no equal picture was or is being asked
   * about.
   *
   * @param identity the hash that equal pictures share.
   * @throws whatever `askNow` throws, and GeminiImageError of kind `interrupted` after `abort`.
   */
  askOnce(
    identity: string,
    name: string,
    askNow: () => Promise<Answers>,
    abort?: AbortSignal,
  ): Promise<Answers>;
}

/**
 * In characters of JSON: more than a hundred thousand captions. The oldest answers are dropped
 * first.
 */
const MOST_KEPT = 16_777_216;

export function createEqualPictures(mostKept = MOST_KEPT): EqualPictures {
  const kept = new Map<string, string>();
  /** By key, the name of the picture whose answer is kept or in progress. */
  const names = new Map<string, string>();
  let size = 0;
  const forget = (key: string) => {
    size -= kept.get(key)?.length ?? 0;
    kept.delete(key);
    names.delete(key);
  };
  const flights: Flights<Answers> = new Map();
  const memory: Memory<Answers> = {
    async find(key) {
      const json = kept.get(key);
      return json === undefined ? undefined : answersIn(json);
    },
    async keep(key, { answer, texts, answered }) {
      // With one vote, its text is that of the answer.
      const json = JSON.stringify(
        texts.length === 1 ? { answer, answered } : { answer, texts, answered },
      );
      kept.set(key, json);
      size += json.length;
      for (const oldest of kept.keys()) {
        if (size <= mostKept) return;
        forget(oldest);
      }
    },
  };
  return {
    async askOnce(identity, name, askNow, abort) {
      // This takes half the memory of the hexadecimal text.
      const key = Buffer.from(identity, 'hex').toString('latin1');
      const askAs = () => {
        names.set(key, name);
        return askNow();
      };
      // Callers who wait go on before anything else can be kept, so they still find the name.
      const { kept, isFound } = await askOnce(memory, flights, key, askAs, () => true, abort);
      if (!isFound) return kept;
      const { answer, texts, answered } = kept;
      const copiedFrom = names.get(key);
      return { answer: unbilled(answer), texts, answered, cached: false, copiedFrom };
    },
  };
}

/** Reads what `keep` has written. JSON has null for the text of a lost vote. */
function answersIn(json: string): Answers {
  const { answer, texts, answered } = JSON.parse(json);
  const read = Array.isArray(texts) ? texts.map((text) => text ?? undefined) : [answer.text];
  return { answer, texts: read, answered, cached: false };
}
