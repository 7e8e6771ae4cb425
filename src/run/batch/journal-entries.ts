import { isObject } from '../../domain/json.js';
import type { AskedInWords, NamedPicture } from '../../domain/record.js';
import type { StyleAnswers } from '../../domain/style-answers.js';
import type { UploadedInput } from '../../gemini/batches/batch-client.js';

/** What a question consists of, option by option, for people. */
export type QuestionInWords = Readonly<Record<string, string>>;

/** What the questions of one job have in common. */
export interface JobPlan {
  /** Of this tool, random. */
  id: string;
  /** What the job is called at the service, by which it is found if the reply of its creation is lost. */
  displayName: string;
  model: string;
  /** Whose job it is: the base URL, or `offline` for the emulator inside the process. */
  service: string;
  /** The fingerprint of the question. */
  request: string;
  /** The question, to say what differs if it has changed. */
  question: QuestionInWords;
  /** How many questions there are about each picture. */
  votes: number;
  /** What was estimated for the whole job. */
  estimate: { inputTokens: number; costUsd?: number | undefined };
  /** The size of the file with its questions, in bytes. */
  bytes: number;
  /** When it was prepared, in ISO 8601. */
  at: string;
}

/** A question on its way, with everything that its record will say about its pictures. */
export interface QuestionInJob {
  /** The key of its rows; with several votes, a dot and the number of the vote follow. */
  key: string;
  /** The picture, or those of a group. */
  pictures: readonly NamedPicture[];
  /** The name of the group, if it is about one. */
  group?: string | undefined;
  /** What its record will say about what was asked. */
  asked: AskedInWords;
  request: string;
  requests?: Readonly<Record<string, string>> | undefined;
  /** Of several styles, the answers that were there already, and were not asked for. */
  answered?: StyleAnswers | undefined;
  /** What equal pictures share. */
  identity?: string | undefined;
  /** How often it was in a job before this one that gave it no answer. */
  tries?: number | undefined;
  /** The key of its answer in the cache; of several styles, that of each. */
  cacheKey?: string | undefined;
  cacheKeys?: Readonly<Record<string, string>> | undefined;
}

/**
 * How far a job is. `prepared`: not at the service. `creating`: its questions are uploaded, and it may
 * be at the service. `queued`: uploaded too, but the service has no room for it yet. `created`: it is
 * at the service, by a name.
 */
export type JobStage = 'prepared' | 'creating' | 'queued' | 'created';

/** A job that is not over. */
export interface OpenJob extends Readonly<JobPlan> {
  readonly stage: JobStage;
  /** How many questions it has; each is about a picture or a group. */
  readonly count: number;
  readonly file: UploadedInput | undefined;
  /** Its name at the service. */
  readonly name: string | undefined;
  /** When it got to this stage, in ISO 8601. */
  readonly since: string;
}

/** How a job ended, as the journal keeps it. */
export interface JobEnd {
  /** What the service said of it, or `lost` if the service does not know it any more. */
  state: string;
  answered: number;
  failed: number;
  /** The keys of the questions that may be submitted again. */
  again: readonly string[];
  /** Set if its answers did not keep to the schema: its questions are not submitted again blindly. */
  isUnusable?: boolean | undefined;
}

/** One line of a journal, but for that of a job with its questions. */
export type Entry =
  | { event: 'creating'; id: string; file: UploadedInput; at: string }
  | { event: 'queued'; id: string; at: string }
  | { event: 'created'; id: string; name: string; at: string }
  | { event: 'dropped'; id: string; at: string }
  | ({ event: 'ended'; id: string; at: string } & JobEnd);

export function moved(
  job: OpenJob,
  stage: 'creating' | 'queued' | 'created',
  { at, file, name }: Readonly<Record<string, unknown>>,
): OpenJob {
  return {
    ...job,
    stage,
    since: typeof at === 'string' ? at : job.since,
    file: readFile(file) ?? job.file,
    name: typeof name === 'string' ? name : job.name,
  };
}

function readFile(value: unknown): UploadedInput | undefined {
  if (!isObject(value)) return undefined;
  const { name, expires } = value;
  return typeof name === 'string' && typeof expires === 'string' ? { name, expires } : undefined;
}

/** Only what this tool relies on is checked: the file is its own. */
export function readPlan(entry: Readonly<Record<string, unknown>>): JobPlan | undefined {
  const { id, displayName, model, service, request, question } = entry;
  const { votes, estimate, bytes, at } = entry;
  if (typeof id !== 'string' || typeof displayName !== 'string' || typeof at !== 'string') {
    return undefined;
  }
  if (typeof model !== 'string' || typeof service !== 'string') return undefined;
  if (typeof request !== 'string' || !isObject(question)) return undefined;
  if (typeof votes !== 'number' || typeof bytes !== 'number' || !isObject(estimate)) {
    return undefined;
  }
  const { inputTokens, costUsd } = estimate;
  return {
    ...{ id, displayName, model, service, request, votes, bytes, at },
    question: Object.fromEntries(
      Object.entries(question).map(([name, value]) => [name, String(value)]),
    ),
    estimate: {
      inputTokens: Number(inputTokens),
      ...(typeof costUsd === 'number' && { costUsd }),
    },
  };
}

export function readQuestions(value: unknown): readonly QuestionInJob[] | undefined {
  return Array.isArray(value) && value.every(isQuestion) ? value : undefined;
}

function isQuestion(value: unknown): value is QuestionInJob {
  return (
    isObject(value) &&
    typeof value.key === 'string' &&
    typeof value.request === 'string' &&
    isObject(value.asked) &&
    Array.isArray(value.pictures) &&
    value.pictures.every(isPicture)
  );
}

function isPicture(value: unknown): boolean {
  return isObject(value) && typeof value.image === 'string' && typeof value.sha256 === 'string';
}
