import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { getSystemErrorName } from 'node:util';
import { errorCode } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { Answer } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import { answersIn } from './cache-folder.js';
import { writeFailure } from './errors.js';

/** Finished answers on this machine, by what was asked. */
export interface AnswerCache {
  /** Undefined also where what is stored is damaged. Never rejects. */
  find(key: string): Promise<Answer | undefined>;
  /** Never rejects: an answer that cannot be kept is still an answer. */
  keep(key: string, answer: Answer): Promise<void>;
}

/**
 * Opens the cache in a folder, which need not be there yet.
 *
 * @param onTrouble told once, where the folder cannot be read or written; the run goes on without.
 * @param service whose answers these are: another service answers the same question differently.
 */
export function openAnswerCache(
  folder: string,
  onTrouble: (message: string) => void,
  service = '',
): AnswerCache {
  const place = answersIn(folder);
  let isTold = false;
  const tell = (error: unknown) => {
    if (!isTold) onTrouble(`the cache is not used: ${writeFailure(place, error).message}`);
    isTold = true;
  };
  const named = (key: string) => JSON.stringify([service, key]);
  return {
    async find(key) {
      try {
        const { get } = await loadCacache();
        const { data } = await get(place, named(key));
        return readEntry(data.toString(), named(key));
      } catch {
        // Nothing there, or damaged. Where the folder is in trouble, `keep` finds out and says so.
        return undefined;
      }
    },
    async keep(key, answer) {
      const { text, finishReason, model, usage } = answer;
      const kept: Entry = {
        // No two entries share their content, so that what is damaged is not taken for what is new.
        id: randomUUID(),
        key: named(key),
        answer: { text, finishReason, model, ...(usage && { usage }) },
      };
      const put = async (left: number) => {
        const cacache = await loadCacache();
        try {
          // Captions of private pictures are private.
          await mkdir(place, { recursive: true, mode: 0o700 });
          await cacache.put(place, kept.key, JSON.stringify(kept)).catch(explain);
          return true;
        } catch (error) {
          // Another process may be clearing the cache.
          if (left > 1 && errorCode(error) === 'ENOENT') return false;
          throw error;
        }
      };
      try {
        for (let left = ATTEMPTS; !(await put(left)); left -= 1);
      } catch (error) {
        tell(error);
      }
    },
  };
}

/** Each one needs another process that removes a folder in the very moment. */
const ATTEMPTS = 5;

/** It takes as long as the rest of the program. */
async function loadCacache() {
  return (await import('cacache')).default;
}

interface Entry {
  id: string;
  key: string;
  answer: Answer;
}

/** cacache calls EEXIST whatever keeps it from moving a file; the number stays the system's own. */
function explain(error: unknown): never {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
    throw Object.assign(error, { code: getSystemErrorName(error.errno) });
  }
  throw error;
}

/** @throws SyntaxError where it is no JSON. */
function readEntry(json: string, key: string): Answer | undefined {
  const entry: unknown = JSON.parse(json);
  if (!isObject(entry) || entry.key !== key || !isObject(entry.answer)) return undefined;
  const { text, finishReason, model, usage } = entry.answer;
  if (typeof text !== 'string') return undefined;
  if (typeof finishReason !== 'string' || typeof model !== 'string') return undefined;
  if (usage === undefined) return { text, finishReason, model };
  const read = readUsage(usage);
  return read && { text, finishReason, model, usage: read };
}

function readUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const { inputTokens, outputTokens, thoughtTokens, cachedTokens } = usage;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined;
  if (!isCount(thoughtTokens) || !isCount(cachedTokens)) return undefined;
  return { inputTokens, outputTokens, thoughtTokens, cachedTokens };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
