// Answers that a test has written, in place of those that are made from the pixels.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ShownPicture } from '../answers/sentences.js';
import { invalidArgument } from '../http/errors.js';
import { type PictureFormat, recogniseFormat } from '../pictures/header.js';
import { type Picture, readPicture } from '../pictures/picture.js';
import type { AskedRequest } from './asked.js';
import { differenceOf, type Likeness } from './likeness.js';

/** What the emulator replies. */
export interface ScriptedReply {
  /** The text of the answer; any other value is its JSON. */
  readonly answer?: unknown;
  /** An HTTP status, 400 to 599, in place of an answer. */
  readonly status?: number | undefined;
  /** How the answer ends, in the words of the API; `STOP` by default. */
  readonly finishReason?: string | undefined;
}

/** When to reply so; all that is given has to apply. */
export interface AnswerRule extends ScriptedReply {
  /** Words of the prompt, or a pattern for it. */
  readonly prompt?: string | RegExp | undefined;
  /**
   * The SHA-256 of a picture as it is sent, in hexadecimal; the name by which the request names it;
   * or the path of a file, which is known by its pixels, however it was made fit to be sent.
   */
  readonly picture?: string | undefined;
  readonly model?: string | undefined;
  /** How often the rule is used at most. */
  readonly times?: number | undefined;
}

/** Makes the reply to a question; without one, the answer is made from the pixels. */
export type AnswerFunction = (
  asked: AskedRequest,
) => string | ScriptedReply | undefined | Promise<string | ScriptedReply | undefined>;

/** One text for every question, rules of which the first that applies is used, or a function. */
export type ScriptedAnswers = string | readonly AnswerRule[] | AnswerFunction;

/** A reply, ready to be sent. */
export type Reply =
  | { readonly status: number }
  | { readonly text: string; readonly finishReason: string };

export type Script = (
  asked: AskedRequest,
  pictures: readonly ShownPicture[],
) => Promise<Reply | undefined>;

const NAMES = ['prompt', 'picture', 'model', 'times', 'answer', 'status', 'finishReason'];

/** Rejects with a TypeError for what is no script, or names a file that is no picture. */
export async function scriptOf(answers: ScriptedAnswers): Promise<Script> {
  if (typeof answers === 'string') return async () => replyOf({ answer: answers }, 'answers');
  if (typeof answers === 'function') return (asked) => called(answers, asked);
  if (!Array.isArray(answers)) {
    throw new TypeError('answers must be a text, a list of rules, or a function');
  }
  const files: Likeness[] = [];
  const rules = await Promise.all(
    answers.map(async (rule: unknown, at: number) => compile(rule, `answers[${at}]`, files)),
  );
  return async (asked, pictures) => {
    const rule = rules.find(({ left, applies }) => left > 0 && applies(asked, pictures));
    if (rule) rule.left -= 1;
    return rule?.reply;
  };
}

async function called(answer: AnswerFunction, asked: AskedRequest): Promise<Reply | undefined> {
  try {
    const given = await answer(asked);
    if (given === undefined) return undefined;
    return replyOf(typeof given === 'string' ? { answer: given } : given, 'what answers returned');
  } catch (error) {
    // Not a failure inside, which clients take for one that passes.
    throw invalidArgument(`The script of the emulator failed: ${String(error)}`);
  }
}

interface CompiledRule {
  left: number;
  applies(asked: AskedRequest, pictures: readonly ShownPicture[]): boolean;
  reply: Reply;
}

/** @param files the pictures of all rules: the one that is nearest to what is shown is meant. */
async function compile(rule: unknown, where: string, files: Likeness[]): Promise<CompiledRule> {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
    throw new TypeError(`${where} must be an object such as {"prompt": "…", "answer": "…"}`);
  }
  const unknown = Object.keys(rule).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${where} has an unknown field ${unknown}; there are ${NAMES.join(', ')}`);
  }
  const { prompt, picture, model, times = Infinity }: AnswerRule = rule;
  const isPrompt = prompt === undefined || typeof prompt === 'string' || prompt instanceof RegExp;
  if (!isPrompt) throw new TypeError(`${where}.prompt must be a text`);
  for (const [name, value] of Object.entries({ picture, model })) {
    if (value === undefined || (typeof value === 'string' && value !== '')) continue;
    throw new TypeError(`${where}.${name} must be a text that is not empty`);
  }
  if (times !== Infinity && !(Number.isInteger(times) && times >= 1)) {
    throw new TypeError(`${where}.times must be a whole number, 1 or more`);
  }
  const shows = picture === undefined ? () => true : await pictureTest(picture, where, files);
  return {
    left: times,
    reply: replyOf(rule, where),
    applies: (asked, pictures) =>
      (model === undefined || model.replace(/^models\//, '') === asked.model) &&
      (prompt === undefined || isIn(prompt, asked.prompt)) &&
      shows(asked, pictures),
  };
}

function isIn(wanted: string | RegExp, prompt: string): boolean {
  // `search` does not remember where a pattern with the flag g has stopped.
  return typeof wanted === 'string' ? prompt.includes(wanted) : prompt.search(wanted) >= 0;
}

function replyOf({ answer, status, finishReason = 'STOP' }: ScriptedReply, where: string): Reply {
  if (status !== undefined) {
    if (Number.isInteger(status) && status >= 400 && status <= 599) return { status };
    throw new TypeError(`${where}.status must be an HTTP status, 400 to 599`);
  }
  if (typeof finishReason !== 'string' || !/^[A-Z_]+$/.test(finishReason)) {
    throw new TypeError(`${where}.finishReason must be a word of the API, such as SAFETY`);
  }
  if (answer === undefined && finishReason === 'STOP') {
    throw new TypeError(`${where} has neither an answer nor a status`);
  }
  const text = typeof answer === 'string' ? answer : (JSON.stringify(answer, undefined, 2) ?? '');
  return { text, finishReason };
}

async function pictureTest(
  wanted: string,
  where: string,
  files: Likeness[],
): Promise<CompiledRule['applies']> {
  if (/^[0-9a-f]{64}$/i.test(wanted)) {
    const sha256 = wanted.toLowerCase();
    return ({ pictures }) => pictures.some((picture) => picture.sha256 === sha256);
  }
  const file = await pictureAt(wanted, where);
  const isNamed = ({ pictures }: AskedRequest) =>
    pictures.some(({ name = '' }) => name === wanted || basename(name) === wanted);
  if (!file) return isNamed;
  const { likeness } = file;
  if (likeness) files.push(likeness);
  return (asked, shown) =>
    isNamed(asked) ||
    asked.pictures.some(({ sha256 }) => sha256 === file.sha256) ||
    // A document has no pixels of its own.
    (likeness !== undefined && shown.some(({ picture }) => looksLike(picture, likeness, files)));
}

function looksLike({ likeness }: Picture, wanted: Likeness, files: readonly Likeness[]): boolean {
  const difference = likeness && differenceOf(likeness, wanted);
  if (!likeness || difference === undefined) return false;
  return files.every((other) => (differenceOf(likeness, other) ?? Infinity) >= difference);
}

const MIME_TYPES = {
  ...{ PNG: 'image/png', JPEG: 'image/jpeg', WebP: 'image/webp' },
  ...{ HEIC: 'image/heic', HEIF: 'image/heif', PDF: 'application/pdf' },
} as const satisfies Record<PictureFormat, string>;

/** Undefined if there is no such file: the text is a name then. */
async function pictureAt(path: string, where: string) {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return undefined;
  const format = recogniseFormat(bytes);
  if (!format) {
    const formats = Object.keys(MIME_TYPES).join(', ');
    throw new TypeError(`${where}.picture ${path} is none of ${formats}`);
  }
  const blob = { mimeType: MIME_TYPES[format], data: bytes };
  const look = { forRegions: false, forLikeness: true };
  const { likeness } = await readPicture(blob, look).catch(() => {
    throw new TypeError(`${where}.picture ${path} cannot be read as a picture`);
  });
  return { sha256: createHash('sha256').update(bytes).digest('hex'), likeness };
}
