import { type ModelSettings, modelSettingsIn, type Tier } from '../domain/model-settings.js';
import type { Shard } from '../domain/shard.js';
import type { LoadSettings, Task } from '../engine/engine-task.js';
import { isLocalService } from '../gemini/base-url.js';
import type { FindInputs, FindOptions } from '../images/find/find-images.js';
import type { CommandContext, ServiceChoice, Settings } from './context.js';
import type { Job } from './job.js';
import { fileOfFlag, readTextFlag } from './text-flag.js';

/** What a run over pictures is to do, as plain data; each layer is given its part. */
export interface RunOptions {
  find: FindPart;
  load: LoadPart;
  ask: AskPart;
  limits: LimitsPart;
  outputs: OutputsPart;
  /** The share of the pictures that is wanted; by `thisShard` it becomes that of this machine. */
  shard?: WantedShard | undefined;
}

/** A shard whose number may be that of the machine, as its scheduler counts. */
export interface WantedShard {
  number: number | 'auto';
  count: number;
}

/** Which pictures are meant. */
export interface FindPart
  extends FindInputs,
    Pick<FindOptions, 'recursive' | 'exclude' | 'includeAll' | 'raw'> {
  /** Whose pictures alone are taken, where the work is shared out. */
  shard?: Shard | undefined;
}

/** How pictures are read, and made fit to be sent. */
export interface LoadPart extends Omit<LoadSettings, 'stdin' | 'web'> {
  /** Whether pictures are fetched from private, loopback and link-local addresses too. */
  allowPrivateHosts: boolean;
}

/** Who is asked, and how. */
export interface AskPart extends ServiceChoice {
  /** The system instruction: a text, or `@file`. */
  system?: string | undefined;
  settings: Omit<ModelSettings, 'system'>;
  /** Whether there is one question about all pictures. */
  together: boolean;
  stream: boolean;
  /** Whether the built-in emulator answers. */
  offline: boolean;
  /** Whether the service may keep pictures and answers. */
  store: boolean;
  /** The service tier; without it, the project's own holds. */
  tier?: Tier | undefined;
  /** Whether the standard price is paid where flex has no room. */
  tierFallback: boolean;
  /** Whether answers are kept on this machine, and those that are there are used. */
  cache: boolean;
}

/** How much a run may do, how fast, and for how long it tries. */
export interface LimitsPart {
  /** The most pictures that are asked about, of those that are not done. */
  pictures?: number | undefined;
  costUsd?: number | undefined;
  requestsPerMinute?: number | undefined;
  /** Input tokens. */
  tokensPerMinute?: number | undefined;
  /** How many pictures are asked about at once. */
  concurrency: number;
  /** How often something is tried again; by default it depends on how many pictures there are. */
  retries?: number | undefined;
  /** For an attempt to fetch a picture. */
  timeoutMs: number;
  /** For an attempt to ask; for a stream, the longest silence. */
  answerTimeoutMs: number;
  /** Whether the first failure ends the run. */
  failFast: boolean;
}

/** Where results go, and what becomes of those that are there. */
export interface OutputsPart {
  /** By default the ending of the file decides, or it is text. */
  format?: string | undefined;
  /** The file of results; `-` is stdout. */
  file?: string | undefined;
  /** Given where each answer goes to a file of its own. */
  sidecars?: SidecarsPart | undefined;
  /** The file that lists the pictures that failed. */
  failed?: string | undefined;
  /** Whether results of earlier runs, and files of others, are replaced. */
  overwrite: boolean;
  /** Asks again about what is named, and keeps every other record. */
  redo: boolean;
  /** Asks about nothing but what failed the last time. */
  redoFailed: boolean;
}

/** How files are named and written that hold one answer each. */
export interface SidecarsPart {
  /** By default `txt`. */
  ending?: string | undefined;
  /** A folder in which they lie as the pictures do; without it, they lie beside the pictures. */
  folder?: string | undefined;
  /** Whether the name keeps the ending of the picture: `photo.jpg.txt`. */
  fullName: boolean;
  /** What comes before the answer. */
  prefix: string;
  /** What comes after the answer. */
  suffix: string;
}

/** Of many pictures one has bad luck, and fails a run that took hours. */
const RETRIES = { one: 4, several: 6 };

/** How often something is tried again. */
export function retriesOf({ retries }: LimitsPart, several: boolean): number {
  return retries ?? (several ? RETRIES.several : RETRIES.one);
}

/** What a run asks of every picture. */
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

/** How pictures are read, and made fit to be sent. */
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

/** @throws GeminiImageError of kind `usage` where the system instruction cannot be read. */
async function modelSettings(
  { system: given, settings }: AskPart,
  signal: AbortSignal,
): Promise<ModelSettings> {
  if (given === undefined) return modelSettingsIn(settings);
  const about = { what: 'the system instruction', ifEmpty: 'Leave out --system for none.' };
  const system = await readTextFlag(given, about, signal);
  return modelSettingsIn({ ...settings, system });
}

/**
 * The files that a run is known to read, which nothing that it writes may replace.
 *
 * @param besides what the task reads besides the pictures, their list and the system instruction.
 */
export function filesRead(
  { find, ask }: Pick<RunOptions, 'find' | 'ask'>,
  besides: readonly string[],
): readonly string[] {
  const { images, filesFrom } = find;
  const files = [...images, filesFrom ?? [], ...besides, fileOfFlag(ask.system) ?? [], '.env'];
  return files.flat().map((name) => (name === '-' ? '/dev/stdin' : name));
}

/** The tier whose price is reckoned with: the standard one where that may have to be paid. */
export function tierToPay({ tier, tierFallback }: Pick<AskPart, 'tier' | 'tierFallback'>) {
  return tierFallback ? 'standard' : tier;
}
