import type { Answer } from '../domain/record.js';
import type { AnswerCache } from '../storage/answer-cache.js';
import { answerOnce } from './cached-answer.js';

/** Asks about equal pictures of one run only once. */
export interface EqualPictures {
  /**
   * The answer about a picture, by `askNow` unless an equal one was or is being asked about.
   *
   * @param identity the hash by which it is equal to others.
   * @throws whatever `askNow` throws, and GeminiImageError of kind `interrupted` after the signal.
   */
  askOnce(
    identity: string,
    name: string,
    askNow: () => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<EqualAnswer>;
}

export interface EqualAnswer {
  answer: Answer;
  /** The name of the picture that was asked about instead. */
  copiedFrom?: string;
}

/** In characters of JSON: a hundred thousand captions and more. The oldest answers go first. */
const MOST_KEPT = 16_777_216;

export function createEqualPictures(mostKept = MOST_KEPT): EqualPictures {
  const kept = new Map<string, string>();
  /** Whose answer is kept, or on its way. */
  const names = new Map<string, string>();
  let size = 0;
  const forget = (key: string) => {
    size -= kept.get(key)?.length ?? 0;
    kept.delete(key);
    names.delete(key);
  };
  const memory: AnswerCache = {
    async find(key) {
      const json = kept.get(key);
      return json === undefined ? undefined : JSON.parse(json);
    },
    async keep(key, answer) {
      const json = JSON.stringify(answer);
      kept.set(key, json);
      size += json.length;
      for (const oldest of kept.keys()) {
        if (size <= mostKept) return;
        forget(oldest);
      }
    },
  };
  return {
    async askOnce(identity, name, askNow, signal) {
      // In half the memory of a text in hexadecimal.
      const key = Buffer.from(identity, 'hex').toString('latin1');
      const askAs = () => {
        names.set(key, name);
        return askNow();
      };
      // Those that wait go on before anything else can be kept, and so still find the name.
      const { answer, cached } = await answerOnce(memory, key, askAs, () => true, signal);
      const copiedFrom = names.get(key);
      return cached && copiedFrom !== undefined ? { answer, copiedFrom } : { answer };
    },
  };
}
