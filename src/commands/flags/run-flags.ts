import { usageError } from '../../domain/error.js';
import type { ModelSettings, Tier } from '../../domain/model-settings.js';
import type { Background } from '../../domain/picture.js';
import type { Shard } from '../../domain/shard.js';
import type { FindInputs } from '../../images/find/find-images.js';
import {
  type Grouping,
  parseGrouping,
  parsePages,
  type WantedPages,
} from '../../images/find/pages-and-groups.js';
import type { CommandContext } from '../../run/context.js';
import type { BatchPart, RunOptions, SidecarsPart, WantedShard } from '../../run/options.js';
import type { TalkFlags } from './values.js';

/** The flags of a command that asks about pictures. Not every command has all of them. */
export interface RunFlags extends TalkFlags, Omit<ModelSettings, 'system'> {
  recursive?: boolean;
  /** Globs. */
  exclude?: readonly string[];
  includeAll?: boolean;
  follow?: boolean;
  raw?: boolean;
  filesFrom?: string;
  null?: boolean;
  allowPrivateHosts?: boolean;
  together?: boolean;
  pdf?: boolean;
  /** `first`, `all`, or pages such as `2-5`. */
  pages?: string;
  /** `folder`, or a pattern with `{stem}`. */
  group?: string;
  limit?: number;
  /** In pixels. Without it, each format has its own default. */
  maxEdge?: number;
  keepMetadata?: boolean;
  /** `#rrggbb`, or `keep`. */
  background?: Background;
  /** In seconds. */
  decodeTimeout?: number;
  /** In megabytes. */
  decodeMemory?: number;
  original?: boolean;
  damaged?: boolean;
  model?: string;
  /** A text, or `@file`. */
  system?: string;
  retries?: number;
  /** In seconds. */
  timeout?: number;
  tier?: Tier;
  tierFallback?: boolean;
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
  format?: string;
  /** The sign between the cells of a CSV. */
  delimiter?: string | undefined;
  output?: string;
  overwrite?: boolean;
  redo?: boolean;
  redoFailed?: boolean;
  redoRejected?: boolean;
  /** True for `--sidecar` without an ending. */
  sidecar?: string | true;
  sidecarDir?: string;
  sidecarName?: 'stem' | 'full';
  prefix?: string;
  suffix?: string;
  failed?: string;
  /** With `auto`, the scheduler gives the number, and `shards` the count. */
  shard?: Shard | 'auto';
  shards?: number;
  batch?: boolean;
  wait?: boolean;
  /** In megabytes. */
  batchSize?: number;
  repair?: boolean;
  /** In milliseconds. */
  rescue?: number;
  /** In milliseconds since 1970. */
  by?: number;
}

/**
 * The inputs that the command line names.
 *
 * @throws GeminiImageError of kind `usage` if it names none, or stdin twice.
 */
export function namedInputs(
  images: readonly string[],
  {
    filesFrom,
    failed,
    null: nulSeparated = false,
  }: Pick<RunFlags, 'filesFrom' | 'failed' | 'null'>,
  { stdin }: Pick<CommandContext, 'stdin'>,
): FindInputs {
  const isPiped = images.length === 0 && filesFrom === undefined && stdin.isData;
  const names = isPiped ? ['-'] : images;
  if (names.length === 0 && filesFrom === undefined) {
    throw usageError('name at least one picture', 'For example: gemini-image describe photo.png');
  }
  if (nulSeparated && filesFrom === undefined && failed === undefined) {
    throw usageError('-0 says how names are separated in a list', 'Give the list: --files-from -');
  }
  const readers = names.filter((name) => name === '-').length + (filesFrom === '-' ? 1 : 0);
  if (readers > 1) throw usageError('stdin can be read only once', 'Name - once.');
  return { images: names, filesFrom, nulSeparated };
}

/**
 * Turns the flags of a run into its options; lower layers never see the flags.
 *
 * @param command says whether the command can ask about a PDF.
 */
export function runOptions(
  inputs: FindInputs,
  flags: RunFlags,
  { takesPdf = false }: { takesPdf?: boolean } = {},
): RunOptions {
  const { recursive = false, exclude, includeAll, follow, raw, pdf } = flags;
  const pages = wantedPages(flags);
  return {
    find: {
      ...inputs,
      recursive,
      exclude,
      includeAll,
      follow,
      raw,
      pdf,
      pages,
      group: grouping(flags),
    },
    load: { ...loadPart(flags), pages, takesPdf },
    ask: askPart(flags),
    limits: {
      pictures: flags.limit,
      costUsd: flags.maxCost,
      requestsPerMinute: flags.rpm,
      tokensPerMinute: flags.tpm,
      concurrency: flags.concurrency,
      retries: flags.retries,
      ...timeoutsOf(flags),
      failFast: flags.failFast ?? false,
    },
    outputs: {
      format: flags.format,
      file: flags.output,
      sidecars: sidecarsPart(flags),
      failed: flags.failed,
      overwrite: flags.overwrite ?? false,
      redo: flags.redo ?? false,
      redoFailed: flags.redoFailed ?? false,
      redoRejected: flags.redoRejected ?? false,
    },
    shard: wantedShard(flags),
    batch: batchPart(flags),
  };
}

function wantedPages({ pages }: RunFlags): WantedPages | undefined {
  return pages === undefined ? undefined : parsePages(pages);
}

function grouping({ group }: RunFlags): Grouping | undefined {
  return group === undefined ? undefined : parseGrouping(group);
}

/** The flex tier is slow to answer, so its timeout is longer; the timeout for downloads is not. */
function timeoutsOf({ timeout, tier }: RunFlags) {
  const timeoutMs = (timeout ?? 120) * 1000;
  return {
    timeoutMs,
    answerTimeoutMs: timeout === undefined && tier === 'flex' ? 600_000 : timeoutMs,
  };
}

function loadPart(flags: RunFlags): RunOptions['load'] {
  const { maxEdge, keepMetadata = false, original = false, damaged = false } = flags;
  const { allowPrivateHosts = false, decodeTimeout, decodeMemory } = flags;
  const decodeLimits = {
    ...(decodeTimeout !== undefined && { timeoutMs: decodeTimeout * 1000 }),
    ...(decodeMemory !== undefined && { memoryBytes: decodeMemory * 1e6 }),
  };
  const { background } = flags;
  return { maxEdge, keepMetadata, original, damaged, background, decodeLimits, allowPrivateHosts };
}

function askPart(flags: RunFlags): RunOptions['ask'] {
  const { model, baseUrl, system } = flags;
  const { thinking, mediaResolution, maxOutputTokens, temperature, seed, safety } = flags;
  const { together = false, stream = false, store = false } = flags;
  const { offline = false, cache = false } = flags;
  return {
    ...{
      model,
      baseUrl,
      system,
      store,
      tier: flags.tier,
      tierFallback: flags.tierFallback ?? false,
    },
    ...{ together, stream, offline, cache },
    settings: { thinking, mediaResolution, maxOutputTokens, temperature, seed, safety },
  };
}

function wantedShard({ shard, shards: count }: RunFlags): WantedShard | undefined {
  if (shard !== 'auto') return shard;
  return count === undefined ? undefined : { number: shard, count };
}

function batchPart(flags: RunFlags): BatchPart | undefined {
  const { batch = false, wait = false, repair = false, rescue, by, batchSize = 256 } = flags;
  if (!batch && by === undefined) return undefined;
  return { bytes: batchSize * 1e6, waits: wait, repairs: repair, rescueAfterMs: rescue, by };
}

function sidecarsPart(flags: RunFlags): SidecarsPart | undefined {
  const { sidecar, sidecarDir: folder, sidecarName, prefix = '', suffix = '' } = flags;
  if (sidecar === undefined && folder === undefined) return undefined;
  const ending = typeof sidecar === 'string' ? sidecar : undefined;
  return { ending, folder, fullName: sidecarName === 'full', prefix, suffix };
}
