import { type ModelSettings, modelSettingsIn, type Tier } from '../domain/model-settings.js';
import type { Shard } from '../domain/shard.js';
import type { LoadSettings, Task } from '../engine/engine-task.js';
import { isLocalService } from '../gemini/base-url.js';
import type { Rate } from '../gemini/models.js';
import type { FindInputs, FindOptions } from '../images/find/find-images.js';
import type { Grouping, WantedPages } from '../images/find/pages-and-groups.js';
import type { Finished } from '../storage/ledger/ledger.js';
import type { CommandContext, ServiceChoice, Settings } from './context.js';
import type { Job } from './job.js';

/** What a run over pictures has to do, as plain data; each layer gets its own part. */
export interface RunOptions {
  find: FindPart;
  load: LoadPart;
  ask: AskPart;
  limits: LimitsPart;
  outputs: OutputsPart;
  /** Set if the questions go in jobs of the Batch API. */
  batch?: BatchPart | undefined;
  /** Whether the command knows no jobs of the Batch API, so that their price is of no use. */
  isAtOnce?: boolean | undefined;
  /** The requested share of the pictures; `thisShard` turns it into that of this machine. */
  shard?: WantedShard | undefined;
}

/** A shard whose number may come from the scheduler (`auto`). */
export interface WantedShard {
  number: number | 'auto';
  count: number;
}

/** How questions go in jobs of the Batch API. */
export interface BatchPart {
  /** The most bytes of a job's questions. */
  bytes: number;
  /** Whether the run stays until nothing is on its way. */
  waits: boolean;
  /** Whether an answer that is not as it was asked for is corrected by a call. */
  repairs: boolean;
  /** After this time a job is cancelled, and what it has not answered is asked at once. */
  rescueAfterMs?: number | undefined;
  /** When all is to be done, in milliseconds since 1970, by more expensive ways if need be. */
  by?: number | undefined;
}

/** Which pictures to use. */
export interface FindPart
  extends FindInputs,
    Pick<FindOptions, 'recursive' | 'exclude' | 'includeAll' | 'follow' | 'raw' | 'pdf'> {
  /** Which pages are pictures of their own, in files that have several. */
  pages?: WantedPages | undefined;
  /** Set if pictures are put together into groups, with one question about each. */
  group?: Grouping | undefined;
  /** The shard whose pictures are taken, if the work is shared out. */
  shard?: Shard | undefined;
}

/** How pictures are read and prepared. */
export interface LoadPart extends Omit<LoadSettings, 'stdin' | 'web'> {
  /** Whether pictures may also be fetched from private, loopback and link-local addresses. */
  allowPrivateHosts: boolean;
}

/** Which model is asked, and how. */
export interface AskPart extends ServiceChoice {
  /** The system instruction: a text, or `@file`. */
  system?: string | undefined;
  settings: Omit<ModelSettings, 'system'>;
  /** Whether one question is asked about all pictures. */
  together: boolean;
  stream: boolean;
  /** Whether the built-in emulator answers. */
  offline: boolean;
  /** Whether the service may keep pictures and answers. */
  store: boolean;
  /** The service tier; without it, the project's own tier applies. */
  tier?: Tier | undefined;
  /** Whether to pay the standard price if flex has no room. */
  tierFallback: boolean;
  /** Whether answers are kept on this machine and used again. */
  cache: boolean;
}

/** How much a run may do, how fast, and how long it tries. */
export interface LimitsPart {
  /** The most pictures to ask about; those already done do not count. */
  pictures?: number | undefined;
  costUsd?: number | undefined;
  requestsPerMinute?: number | undefined;
  /** Input tokens per minute. */
  tokensPerMinute?: number | undefined;
  /** How many pictures are asked about at once. */
  concurrency: number;
  /** How many times a failed attempt is repeated; the default depends on the number of pictures. */
  retries?: number | undefined;
  /** For one attempt to fetch a picture. */
  timeoutMs: number;
  /** For one attempt to ask; for a stream, the longest silence. */
  answerTimeoutMs: number;
  /** Whether the first failure ends the run. */
  failFast: boolean;
}

/** Where results go, and what happens to older ones. */
export interface OutputsPart {
  /** By default, the ending of the file decides; without one, it is text. */
  format?: string | undefined;
  /** The file of results; `-` is stdout. */
  file?: string | undefined;
  /** Set if each answer goes to its own file. */
  sidecars?: SidecarsPart | undefined;
  /** The file that lists the pictures that failed. */
  failed?: string | undefined;
  /** Whether results of earlier runs, and files of others, may be replaced. */
  overwrite: boolean;
  /** Whether to ask again about the named pictures and keep every other record. */
  redo: boolean;
  /** Whether to ask only about pictures that failed the last time. */
  redoFailed: boolean;
  /** Whether to ask only about pictures with an answer that a person has rejected. */
  redoRejected: boolean;
}

/** How files with one answer each are named and written. */
export interface SidecarsPart {
  /** By default `txt`. */
  ending?: string | undefined;
  /**
   * A folder that mirrors the folders of the pictures; without it, sidecars lie beside the
   * pictures.
   */
  folder?: string | undefined;
  /** Whether the name keeps the picture's ending, as in `photo.jpg.txt`. */
  fullName: boolean;
  /** Text before the answer. */
  prefix: string;
  /** Text after the answer. */
  suffix: string;
}

/** Among many pictures, one is likely to be unlucky, and it would fail a run of hours. */
const RETRIES = { one: 4, several: 6 };

/** Whether a question is about several pictures, each with its name: about all, or about a group. */
export function isJoint({ ask, find }: Pick<RunOptions, 'ask' | 'find'>): boolean {
  return ask.together || find.group !== undefined;
}

/** How many times a failed attempt is repeated. */
export function retriesOf({ retries }: LimitsPart, several: boolean): number {
  return retries ?? (several ? RETRIES.several : RETRIES.one);
}

/** Makes the engine's task: what a run asks about every picture. */
export async function captionTask(
  { brief, votes }: Job,
  options: RunOptions,
  settings: Settings,
  several: boolean,
  context: CommandContext,
): Promise<Task> {
  const { model, baseUrl } = settings;
  const { signals, tell } = context;
  return {
    model,
    brief,
    settings: await modelSettings(options.ask, signals.abort),
    tier: options.ask.tier,
    votes,
    isLocal: options.ask.offline || isLocalService(baseUrl()),
    isOffline: options.ask.offline,
    load: loadSettings(options, settings, several, context),
    signals,
    tell,
  };
}

/** Says what is known about a picture, without what an earlier run has written into it. */
export function knowFrom(
  { know }: Job,
  ledger: Pick<Finished, 'recordsUnder' | 'recordOf'> | undefined,
): Task['know'] {
  return know && ((image) => know(image, ledger));
}

/** How pictures are read and prepared. */
export function loadSettings(
  { load, limits }: Pick<RunOptions, 'load' | 'limits'>,
  { proxy }: Settings,
  several: boolean,
  { stdin }: CommandContext,
): LoadSettings {
  const { allowPrivateHosts, ...preparing } = load;
  const { timeoutMs } = limits;
  const web = { timeoutMs, retries: retriesOf(limits, several), allowPrivateHosts, proxy };
  return { stdin: stdin.stream, web, ...preparing };
}

/** @throws GeminiImageError of kind `usage` if the system instruction cannot be read. */
async function modelSettings(
  { system: given, settings }: AskPart,
  signal: AbortSignal,
): Promise<ModelSettings> {
  if (given === undefined) return modelSettingsIn(settings);
  const about = { what: 'the system instruction', ifEmpty: 'Leave out --system for none.' };
  const { readTextFlag } = await import('./text-flag.js');
  const system = await readTextFlag(given, about, signal);
  return modelSettingsIn({ ...settings, system });
}

/** The rate at which the questions of a run are paid. */
export function rateToPay({ ask, batch }: Pick<RunOptions, 'ask' | 'batch'>): Rate | undefined {
  return batch ? 'batch' : tierToPay(ask);
}

/** The tier whose price is used: the standard one if that may have to be paid. */
export function tierToPay({ tier, tierFallback }: Pick<AskPart, 'tier' | 'tierFallback'>) {
  return tierFallback ? 'standard' : tier;
}
