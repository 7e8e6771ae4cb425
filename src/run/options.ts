import { type ModelSettings, modelSettingsIn } from '../domain/model-settings.js';
import type { CaptionTask, LoadSettings } from '../engine/engine-task.js';
import { isLocalService } from '../gemini/base-url.js';
import type { CommandContext, Settings, TalkFlags } from './context.js';
import type { Job } from './job.js';
import { readTextFlag } from './text-flag.js';

/** The flags of a command that asks about pictures; a command that lacks one leaves it out. */
export interface RunFlags extends TalkFlags, Omit<ModelSettings, 'system'> {
  recursive?: boolean;
  /** Globs. */
  exclude?: readonly string[];
  includeAll?: boolean;
  raw?: boolean;
  filesFrom?: string;
  null?: boolean;
  allowPrivateHosts?: boolean;
  together?: boolean;
  limit?: number;
  maxEdge: number;
  keepMetadata?: boolean;
  decodeTimeout?: number;
  decodeMemory?: number;
  original?: boolean;
  damaged?: boolean;
  model?: string;
  /** A text, or `@file`. */
  system?: string;
  retries?: number;
  timeout: number;
  dryRun?: boolean;
  offline?: boolean;
  baseUrl?: string;
  store?: boolean;
  concurrency: number;
  rpm?: number;
  tpm?: number;
  maxCost?: number;
  failFast?: boolean;
  cache?: boolean;
  stream?: boolean;
  format?: string | undefined;
  output?: string;
  overwrite?: boolean;
  /** Asks again about what is named, and keeps every other record. */
  redo?: boolean;
  /** Asks about nothing but what failed the last time. */
  redoFailed?: boolean;
  /** True for `--sidecar` without an ending. */
  sidecar?: string | true;
  sidecarDir?: string;
  sidecarName?: 'stem' | 'full';
  prefix?: string;
  suffix?: string;
  failed?: string;
}

/** Of many pictures one has bad luck, and fails a run that took hours. */
const RETRIES = { one: 4, several: 6 };

/** How often something is tried again. */
export function retriesOf({ retries }: RunFlags, several: boolean): number {
  return retries ?? (several ? RETRIES.several : RETRIES.one);
}

/** What a run asks of every picture. */
export async function captionTask(
  { brief, votes }: Job,
  flags: RunFlags,
  settings: Settings,
  several: boolean,
  context: CommandContext,
): Promise<CaptionTask> {
  const { model, baseUrl } = settings;
  const { signal, talk } = context;
  return {
    model,
    brief,
    settings: await modelSettings(flags, signal),
    votes,
    isLocal: flags.offline === true || isLocalService(baseUrl()),
    load: loadSettings(flags, settings, several, context),
    signal,
    listener: talk.listener,
  };
}

/** How pictures are read, and made fit to be sent. */
export function loadSettings(
  flags: RunFlags,
  { proxy }: Settings,
  several: boolean,
  { stdin }: CommandContext,
): LoadSettings {
  const { maxEdge, keepMetadata = false, original = false, damaged = false } = flags;
  const { timeout, allowPrivateHosts = false } = flags;
  const retries = retriesOf(flags, several);
  const web = { timeoutMs: timeout * 1000, retries, allowPrivateHosts, proxy };
  const { decodeTimeout, decodeMemory } = flags;
  const decodeLimits = {
    ...(decodeTimeout !== undefined && { timeoutMs: decodeTimeout * 1000 }),
    ...(decodeMemory !== undefined && { memoryBytes: decodeMemory * 1e6 }),
  };
  const preparing = { maxEdge, keepMetadata, original, damaged, decodeLimits };
  return { stdin: stdin.stream, web, ...preparing };
}

/** @throws GeminiImageError of kind `usage` where the system instruction cannot be read. */
async function modelSettings(flags: RunFlags, signal: AbortSignal): Promise<ModelSettings> {
  if (flags.system === undefined) return modelSettingsIn(flags);
  const about = { what: 'the system instruction', ifEmpty: 'Leave out --system for none.' };
  const system = await readTextFlag(flags.system, about, signal);
  return modelSettingsIn({ ...flags, system });
}
