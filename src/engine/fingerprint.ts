import { hash } from 'node:crypto';
import type { Brief } from '../domain/brief.js';
import { DEFAULT_MAX_EDGE } from '../domain/picture.js';
import type { AskedInWords } from '../domain/record.js';
import { hideKeys } from '../gemini/key.js';
import type { Task } from './engine-task.js';

/** Long enough that no two requests of one person get the same fingerprint by chance. */
const LENGTH = 16;

/**
 * A short fingerprint of everything except the pictures that an answer depends on. Two questions
 * with the same fingerprint about the same picture are the same question.
 *
 * @param together whether one question is about all pictures, each with its name.
 */
function requestFingerprint(task: Task, together: boolean): string {
  const { brief } = task;
  const known = fingerprints.get(brief);
  const of = [task.model, task.settings, task.votes, task.load, task.isLocal, task.isOffline];
  if (known?.together === together && known.of.every((one, at) => one === of[at])) {
    return known.fingerprint;
  }
  const fingerprint = fingerprintOf(task, together);
  fingerprints.set(brief, { of, together, fingerprint });
  return fingerprint;
}

/** A run asks one question about all its pictures. */
const fingerprints = new WeakMap<
  Brief,
  { of: readonly unknown[]; together: boolean; fingerprint: string }
>();

function fingerprintOf(
  { model, brief, settings = {}, votes = 1, load, isLocal = false, isOffline = false }: Task,
  together: boolean,
): string {
  // The default edge counts like the same edge given by hand: the service looks at no more.
  const { maxEdge = DEFAULT_MAX_EDGE, keepMetadata, original, background } = load;
  const options = {
    ...{ maxEdge, keepMetadata, original, together, isLocal },
    ...(background !== undefined && { background }),
    ...(isOffline && { isOffline }),
  };
  const { prompt, known, schema, rules } = brief;
  const question = {
    ...{ version: 1, model, prompt, options, schema, rules, known },
    // Absent settings leave no trace, so that a question keeps its fingerprint in later versions.
    ...(Object.values(settings).some((value) => value !== undefined) && { settings }),
    ...(votes > 1 && { votes }),
  };
  return shortHash(question);
}

/** The fingerprints of a question. */
export interface Requests {
  /** Of the question as a whole. */
  request: string;
  /** Of several styles, that of each, which is the same as if it was asked alone. */
  requests?: Readonly<Record<string, string>>;
}

/**
 * The fingerprints of a task's question. That of several styles stands for the set of them, in
 * whatever order: each style is a question of its own.
 */
export function requestsOf(task: Task, together: boolean): Requests {
  const { several } = task.brief;
  if (!several) return { request: requestFingerprint(task, together) };
  return ofStyles(
    Object.fromEntries(
      [...several.briefs].map(([style, brief]) => [
        style,
        requestFingerprint({ ...task, brief }, together),
      ]),
    ),
  );
}

/** The fingerprints of answers to several styles, from that of each. */
export function ofStyles(requests: Readonly<Record<string, string>>): Requests {
  return { request: requestOfAll(Object.values(requests)), requests };
}

/** The fingerprint of several questions together; that of one is its own. */
export function requestOfAll(requests: readonly string[]): string {
  const [only = '', ...others] = [...new Set(requests)].sort();
  return others.length === 0 ? only : shortHash({ version: 1, all: [only, ...others] });
}

/** Enough to tell two questions apart. */
const FIRST_WORDS = 12;
/** Words may be long, and some scripts have no spaces between words. */
const FIRST_CHARACTERS = 100;

/** The question in a few words. */
export function askedInWords(brief: Brief): AskedInWords {
  const { asked, prompt, schema } = brief;
  const words = inWords.get(brief) ?? {
    ...asked,
    prompt: firstWords(hideKeys(prompt)),
    ...(schema && { schema: shortHash(schema) }),
  };
  inWords.set(brief, words);
  return words;
}

const inWords = new WeakMap<Brief, AskedInWords>();

function firstWords(text: string): string {
  const words = text.trim().split(/\s+/, FIRST_WORDS + 1);
  const first = [...words.slice(0, FIRST_WORDS).join(' ')];
  const isWhole = words.length <= FIRST_WORDS && first.length <= FIRST_CHARACTERS;
  return first.slice(0, FIRST_CHARACTERS).join('') + (isWhole ? '' : '…');
}

function shortHash(value: object): string {
  return hash('sha256', JSON.stringify(value)).slice(0, LENGTH);
}
