import { resolve } from 'node:path';
import type { Brief } from '../domain/brief.js';
import type { Content } from '../domain/content.js';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { tellingOf } from '../domain/events.js';
import type { Question, QuestionPart } from '../domain/question.js';
import type { AskedInWords, NamedPicture } from '../domain/record.js';
import type { StyleAnswers } from '../domain/style-answers.js';
import { type RequestBudget, requestBudget } from '../gemini/request-size.js';
import type { ImageReference } from '../images/find/reference.js';
import { type LoadedPicture, loadPicture, type NamedBytes } from '../images/load.js';
import { throwIfStopped } from '../network/stop-signals.js';
import type { AnswerKey } from './cached-answer.js';
import type { Task } from './engine-task.js';
import { askedInWords, type Requests, requestOfAll, requestsOf } from './fingerprint.js';
import { naming } from './outcome.js';
import { factsOfName, fillPlaceholders, hasPlaceholders, type NameFacts } from './prompt-text.js';
import { samenessOf } from './sameness.js';
import { briefsIn, restOf } from './several-styles.js';

/** The pictures of one question. */
export interface QuestionPictures {
  images: readonly (ImageReference | NamedBytes)[];
  /** Whether each picture has its name as text in front of it. */
  labelled: boolean;
  /** The group of the pictures, if they have one; its name counts for that of the question. */
  group?: Subject | undefined;
}

/**
 * A picture that is too large for the request and must be uploaded before the question is asked.
 */
export interface PictureToUpload {
  upload: { label: string; content: Content; mimeType: string; pages?: number | undefined };
}

/** What a question is about: one picture, or several together. */
export type Subject = Pick<ImageReference, 'id' | 'label'>;

/**
 * A question that is ready to be asked, as plain data. Asking it now, taking its answer from the
 * cache, and sending it in a job that is answered days later all begin with it and end with
 * `conclude`. They differ only in how they get the answers.
 *
 * Once its uploads are done, `question` can be made into a request; the bytes of its pictures are
 * read then. Everything else serves the record and the look-up of answers, and can be stored as
 * JSON. The brief is not included: it is made again from the options of the run.
 */
export interface Prepared<Upload = PictureToUpload> {
  /** What the question is about, for progress and messages. */
  about: Subject;
  question: Omit<Question, 'parts'> & {
    /** The parts as they are sent, except for pictures that still have to be uploaded. */
    parts: readonly (QuestionPart | Upload)[];
  };
  /** The facts about each picture, in the order of the question. */
  pictures: readonly NamedPicture[];
  /**
   * The fingerprint of the question without its pictures; of several styles, also that of each, the
   * known ones included. `asked` is the question in a few words.
   */
  request: string;
  requests?: Readonly<Record<string, string>> | undefined;
  asked: AskedInWords;
  /** Of several styles, the answers that are there already and are not asked for. */
  answered?: StyleAnswers | undefined;
  /** What the question tells about its pictures, behind the prompt. */
  told?: string | undefined;
  /** What the name of the picture tells, for placeholders. */
  names: NameFacts;
  /** The key of the answer in the cache; absent if the cache may not be used. */
  cacheKey?: string | undefined;
  /** The same by style, if several are asked: each has its own, as if it was asked alone. */
  cacheKeys?: Readonly<Record<string, string>> | undefined;
  /** In hexadecimal, what equal pictures share; absent if the prompt holds the picture's name. */
  identity?: string | undefined;
}

/** As long as the text that asks for a corrected answer: pictures must leave room for it. */
const CORRECTION = ' '.repeat(32_768);

/**
 * Loads the pictures of a question one after the other, and builds its request.
 *
 * @param onLarge returns what stands in the request for a picture that does not fit into it: the
 *   uploaded file, or what is needed to upload it later. With several pictures, it is called before
 *   the next one is loaded.
 * @throws GeminiImageError of kind `input` or `service`; of kind `usage` if the texts leave no
 *   room; the reason of `stop`.
 */
export async function prepare<Upload>(
  { images, labelled, group }: QuestionPictures,
  asking: Task,
  onLarge: (picture: PictureToUpload) => Promise<Upload | QuestionPart>,
): Promise<Prepared<Upload>> {
  const { task, known } = asking.know
    ? await (await import('./known.js')).informed(asking, images, labelled)
    : { task: asking, known: [] };
  const { model, settings, votes = 1, answered } = task;
  const brief = restOf(task.brief, answered) ?? task.brief;
  const names = namesFor(brief.prompt, images, group);
  const prompt = promptOf(brief, names);
  const labels = labelled ? images.map(({ label }) => label) : [];
  const budget = budgetFor([...labels, prompt], images.length, brief, task);
  const questions = requestsOf(task, labelled);
  // Votes must be independent of each other and of earlier runs.
  const keys = task.cache && votes === 1 ? await keysOf(brief, questions, names) : [];
  const parts: (QuestionPart | Upload)[] = [];
  const pictures: NamedPicture[] = [];
  for (const [at, image] of images.entries()) {
    try {
      const { content, facts } = await load(image, task);
      const { mimeType } = facts.sent;
      const label = labels[at];
      const fits = budget.admits({ size: content.size, mimeType });
      for (const [, key] of keys) await key.add(content, mimeType, label);
      // Of other files, one page is sent.
      const pages = facts.width === undefined ? facts.pages : undefined;
      const part = fits
        ? { inline: { content, mimeType }, pages }
        : await onLarge({ upload: { label: image.label, content, mimeType, pages } });
      parts.push(...(label === undefined ? [part] : [{ text: label }, part]));
      const told = known[at];
      pictures.push({ image: image.id, ...facts, ...(told && { known: told }) });
    } catch (error) {
      // The reason why the run ends does not belong to this picture.
      throw labelled && error !== task.signals?.stop.reason ? naming(image.label, error) : error;
    }
  }
  parts.push({ text: prompt });
  return {
    about: group ?? aboutOf(images),
    question: { model, parts, settings, ...demandsOf(brief) },
    pictures,
    ...questions,
    asked: askedInWords(brief),
    answered,
    told: brief.known,
    names,
    ...digestsOf(keys, task.brief),
    identity: labelled ? undefined : identityOf(pictures, brief, task, questions),
  };
}

/** Gives back the memory of a question's pictures. Nobody may look at their bytes afterwards. */
export function releasePictures({ question }: Prepared): void {
  for (const part of question.parts) if ('inline' in part) part.inline.content.release?.();
}

/** A prepared question about fewer styles, since there are answers to the others. */
export function narrowed<Upload>(
  prepared: Prepared<Upload>,
  brief: Brief,
  answered: StyleAnswers,
): Prepared<Upload> {
  const { question, names, told } = prepared;
  const prompt = promptOf(
    { prompt: brief.prompt, ...(told !== undefined && { known: told }) },
    names,
  );
  const parts = [...question.parts.slice(0, -1), { text: prompt }];
  return {
    ...prepared,
    answered: { ...prepared.answered, ...answered },
    question: { ...question, parts, ...demandsOf(brief) },
    asked: askedInWords(brief),
  };
}

/** The prompt of one question, with the facts of its picture filled in. */
function promptOf({ prompt, known }: Pick<Brief, 'prompt' | 'known'>, names: NameFacts): string {
  const filled = fillPlaceholders(prompt, names);
  return known === undefined ? filled : `${filled}\n\n${known}`;
}

/** What a brief demands of the form of its answer. */
function demandsOf({ schema, mayBeEmpty, isCopy }: Brief) {
  return { schema, mayBeEmpty, isCopy };
}

type Keys = readonly (readonly [style: string, key: AnswerKey])[];

/** The keys of answers in the cache. */
async function keysOf(
  brief: Brief,
  { request, requests = {} }: Requests,
  names: NameFacts,
): Promise<Keys> {
  const { answerKey } = await import('./cached-answer.js');
  return [...briefsIn(brief)].map(([style, one]) => [
    style,
    answerKey(requests[style] ?? request, promptOf(one, names)),
  ]);
}

function digestsOf(keys: Keys, { several }: Brief): Pick<Prepared, 'cacheKey' | 'cacheKeys'> {
  const digests = keys.map(([style, key]) => [style, key.digest()] as const);
  const [[, cacheKey] = []] = digests;
  if (cacheKey === undefined) return {};
  return several ? { cacheKeys: Object.fromEntries(digests) } : { cacheKey };
}

function budgetFor(
  texts: readonly string[],
  pictures: number,
  { rules, schema }: Brief,
  { settings, tier }: Task,
): RequestBudget {
  const all = rules === undefined ? texts : [...texts, CORRECTION];
  const budget = requestBudget(all, pictures, { settings, schema, tier });
  if (budget) return budget;
  throw usageError('the prompt is too long for a request');
}

function aboutOf(images: QuestionPictures['images']): Subject {
  const [image, ...others] = images;
  if (image && others.length === 0) return image;
  const all = `${images.length} pictures`;
  return { id: all, label: all };
}

/**
 * Two pictures that look the same have one answer, unless different things are known about them, or
 * different styles are left to ask.
 */
function identityOf(
  [picture]: readonly NamedPicture[],
  brief: Brief,
  { know, load }: Task,
  { request, requests }: Requests,
): string | undefined {
  const { hash, underAnyName } = samenessOf({ brief, load });
  const digest = picture?.[hash];
  // All pages of a file share the hash of its bytes.
  const isPage = picture?.page !== undefined && hash === 'sha256';
  if (!underAnyName || isPage || digest === undefined) return undefined;
  if (!requests) return know ? digest + request : digest;
  return digest + requestOfAll([...briefsIn(brief).keys()].map((one) => requests[one] ?? ''));
}

async function load(
  image: ImageReference | NamedBytes,
  { load, loaded, signals, tell }: Task,
): Promise<LoadedPicture> {
  throwIfStopped(signals);
  const telling = tellingOf(image.label, tell);
  const loadNow = async () => {
    const picture = await loadPicture(image, {
      // If the run ends, a picture that was not asked about need not be read.
      signal: signals?.stop,
      tell: telling,
      ...load,
    });
    for (const notice of picture.notices) telling({ type: 'warning', ...notice });
    return picture;
  };
  return loaded ? loaded.of(image.id, loadNow) : loadNow();
}

/**
 * What the name of a question's picture tells.
 *
 * @param template a prompt; `{name}`, `{stem}` and `{folder}` in it stand for facts of the picture.
 * @throws GeminiImageError of kind `usage` if the picture lacks a fact that the prompt wants.
 */
function namesFor(
  template: string,
  images: readonly (ImageReference | NamedBytes)[],
  group: Subject | undefined,
): NameFacts {
  if (!hasPlaceholders(template)) return { name: '', stem: '', folder: '' };
  if (group) {
    // A stem may hold dots, which begin no ending.
    const { name, folder } = factsOfName(resolve(group.id));
    return { name, stem: name, folder };
  }
  const [image, ...others] = images;
  if (!image || others.length > 0) {
    throw nameless('several pictures have no name in common', 'Leave out --together.');
  }
  if ('bytes' in image || image.kind === 'stdin') {
    throw nameless('a picture from stdin has no name', 'Give it as a file.');
  }
  return factsOfName(image.kind === 'file' ? resolve(image.source) : image.source);
}

function nameless(why: string, what: string): GeminiImageError {
  return usageError(
    `the prompt names its picture by {name}, {stem} or {folder}, and ${why}`,
    `${what} A brace by itself is written {{.`,
  );
}
