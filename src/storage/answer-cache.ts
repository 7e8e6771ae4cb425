import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { isObject } from '../domain/json.js';
import type { Answer } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import { answersIn, entryPath } from './cache-folder.js';
import { writeFailure } from './errors.js';

/** Finished answers on this machine, by their questions. */
export interface AnswerCache {
  /** Undefined if there is no answer or the stored one is damaged. Never rejects. */
  find(key: string): Promise<Answer | undefined>;
  /** Never rejects: an answer that cannot be kept is still an answer. */
  keep(key: string, answer: Answer): Promise<void>;
}

/**
 * Opens the cache in a folder, which need not be there yet.
 *
 * @param tell is told once if the folder cannot be read or written; the run goes on without the cache.
 * @param service whose answers these are: another service answers the same question differently.
 */
export function openAnswerCache(
  folder: string,
  tell: Tell<'cacheUnused'>,
  service = '',
): AnswerCache {
  let isTold = false;
  const tellOnce = (error: unknown) => {
    const { message } = writeFailure(answersIn(folder), error);
    if (!isTold) tell({ type: 'cacheUnused', why: message });
    isTold = true;
  };
  const named = (key: string) => JSON.stringify([service, key]);
  const find = async (key: string) => {
    try {
      return readEntry(await readOwn(entryPath(folder, named(key))), named(key));
    } catch {
      // There is no answer, or it is damaged. Trouble with the folder is reported by `keep`.
      return undefined;
    }
  };
  return {
    find,
    async keep(key, answer) {
      const path = entryPath(folder, named(key));
      const entry = entryOf(named(key), answer);
      for (let left = ATTEMPTS; ; left -= 1) {
        try {
          return await replace(path, entry);
        } catch (error) {
          if (left > 1 && (await mayWorkNow(path, error))) continue;
          // Windows replaces no file that another process has open; that file holds an answer too.
          if (platform() === 'win32' && (await find(key))) return;
          return tellOnce(error);
        }
      }
    },
  };
}

/** A second attempt is needed only if another process removes the folder at the same moment. */
const ATTEMPTS = 5;

/** Windows has neither of the last two flags. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * The text of a file that is no link.
 *
 * @throws errors of the system, and an error if it is no regular file.
 */
async function readOwn(path: string): Promise<string> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is no file');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file's content in one step, so that readers find the old content or the new one. It is
 * not brought to the disk: after a power cut, an entry whose hash is wrong counts as missing.
 *
 * @throws errors of the system; no part of the new content is left then.
 */
async function replace(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = join(dirname(path), `${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeFile(temporary, content, { flag: 'wx', mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    // Captions of private pictures are private.
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // There is a file at the folder's path.
    if (errorCode(error) === 'EEXIST') throw Object.assign(new Error(), { code: 'ENOTDIR' });
    throw error;
  }
}

/** Whether a second attempt may succeed. A folder at the path of an entry is removed. */
async function mayWorkNow(path: string, error: unknown): Promise<boolean> {
  if (errorCode(error) === 'ENOENT') return true;
  const there = await lstat(path).catch(() => undefined);
  if (!there?.isDirectory()) return false;
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
  return true;
}

/** An entry is a line with the SHA-256 of what follows it, which is JSON. */
function entryOf(key: string, { text, finishReason, model, askedModel, usage }: Answer): string {
  const json = JSON.stringify({
    key,
    answer: { text, finishReason, model, askedModel, ...(usage && { usage }) },
  });
  return `${sha256(json)}\n${json}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @throws SyntaxError if it is no JSON. */
function readEntry(content: string, key: string): Answer | undefined {
  const [hash = ''] = content.split('\n', 1);
  const json = content.slice(hash.length + 1);
  if (sha256(json) !== hash) return undefined;
  const entry: unknown = JSON.parse(json);
  if (!isObject(entry) || entry.key !== key || !isObject(entry.answer)) return undefined;
  const { text, finishReason, model, askedModel, usage } = entry.answer;
  if (typeof text !== 'string') return undefined;
  if (typeof finishReason !== 'string' || typeof model !== 'string') return undefined;
  const answer = {
    ...{ text, finishReason, model },
    ...(typeof askedModel === 'string' && { askedModel }),
  };
  if (usage === undefined) return answer;
  const read = readUsage(usage);
  return read && { ...answer, usage: read };
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
