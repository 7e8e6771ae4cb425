import { existsSync } from 'node:fs';
import { usageError } from '../../domain/error.js';
import { formatForFile } from '../../output/formats.js';
import type { RunFlags } from './run-flags.js';

interface Rule {
  breaks(flags: RunFlags): boolean;
  message: string;
  hint: string;
}

const writesSidecars = ({ sidecar, sidecarDir }: RunFlags) =>
  sidecar !== undefined || sidecarDir !== undefined;

/** Flags that exclude or need each other. */
const rules: readonly Rule[] = [
  {
    breaks: ({ tier, tierFallback }) => tierFallback === true && tier !== 'flex',
    message: '--tier-fallback is for what flex has no room for',
    hint: 'Add --tier flex, or leave out --tier-fallback.',
  },
  {
    breaks: ({ offline, baseUrl }) => offline === true && baseUrl !== undefined,
    message: '--offline and --base-url exclude each other',
    hint: 'Leave out one of them.',
  },
  {
    breaks: (flags) => flags.together === true && writesSidecars(flags),
    message: '--together gives one answer to all pictures, and --sidecar wants one for each',
    hint: 'Leave out one of them.',
  },
  {
    breaks: ({ together, group }) => together === true && group !== undefined,
    message: '--together asks once about all pictures, and --group once about each group',
    hint: 'Leave out one of them.',
  },
  {
    breaks: (flags) => flags.group !== undefined && writesSidecars(flags),
    message: '--group gives one answer to several pictures, and --sidecar wants one for each',
    hint: 'Give -o captions.jsonl instead.',
  },
  {
    breaks: ({ together, limit }) => together === true && limit !== undefined,
    message: '--together asks about all pictures at once, and --limit wants to leave some out',
    hint: 'Leave out one of them.',
  },
  {
    breaks: ({ together, shard }) => together === true && shard !== undefined,
    message: '--together asks about all pictures at once, and --shard wants to share them out',
    hint: 'Leave out one of them.',
  },
  {
    breaks: ({ shard, shards }) => shard === 'auto' && shards === undefined,
    message: '--shard auto needs to know how many shards there are',
    hint: 'Add --shards <count>, such as --shards 8.',
  },
  {
    breaks: ({ shard, shards }) => shards !== undefined && shard !== 'auto',
    message: '--shards says how many there are for --shard auto',
    hint: 'Add --shard auto, or say both at once, as in --shard 2/8.',
  },
  {
    breaks: ({ overwrite = false, redo = false, redoFailed = false, redoRejected = false }) =>
      Number(overwrite) + Number(redo) + Number(redoFailed || redoRejected) > 1,
    message: '--overwrite, --redo and --redo-failed or --redo-rejected exclude each other',
    hint: 'Give --redo to ask again and keep all other records, --overwrite to begin anew.',
  },
  {
    breaks: (flags) =>
      (flags.prefix !== undefined || flags.suffix !== undefined) && !writesSidecars(flags),
    message: '--prefix and --suffix are for the files that --sidecar writes',
    hint: 'Add --sidecar or --sidecar-dir <folder>.',
  },
  {
    breaks: (flags) => flags.sidecarName !== undefined && !writesSidecars(flags),
    message: '--sidecar-name is for the files that --sidecar writes',
    hint: 'Add --sidecar or --sidecar-dir <folder>.',
  },
  {
    breaks: ({ delimiter, format, output = '' }) =>
      delimiter !== undefined && (format ?? formatForFile(output)) !== 'csv',
    message: '--delimiter stands between the cells of a CSV',
    hint: 'Add -f csv, or name a file that ends in .csv with -o.',
  },
  {
    breaks: ({ sidecar }) => typeof sidecar === 'string' && isTakenForEnding(sidecar),
    message: '--sidecar takes an ending such as txt, and was given a picture or a folder',
    hint: 'Name the pictures before it, or write --sidecar=txt.',
  },
];

const isInBatches = ({ batch, by }: RunFlags) => batch === true || by !== undefined;

/** What batches exclude, and what is only for them. */
const batchRules: readonly Rule[] = [
  {
    breaks: (flags) =>
      !isInBatches(flags) &&
      (flags.wait === true || flags.repair === true || flags.rescue !== undefined),
    message: '--wait, --repair and --rescue are for jobs of the Batch API',
    hint: 'Add --batch.',
  },
  {
    breaks: (flags) => isInBatches(flags) && !isLedger(flags),
    message: '--batch collects its answers later, and needs a results file to know what is there',
    hint: 'Name one with -o, such as -o captions.jsonl.',
  },
  {
    breaks: (flags) => isInBatches(flags) && flags.stream === true,
    message: '--stream prints text as it arrives, and with --batch nothing arrives for a while',
    hint: 'Leave out one of them.',
  },
  {
    breaks: (flags) => isInBatches(flags) && flags.together === true,
    message: '--together asks one question about all pictures, and --batch asks many',
    hint: 'Leave out one of them; --group asks about several pictures at once too.',
  },
  {
    breaks: ({ by, tier, rescue }) =>
      by !== undefined && (tier !== undefined || rescue !== undefined),
    message: '--by chooses by itself when to cancel, and at which tier to ask',
    hint: 'Leave out --tier and --rescue.',
  },
  {
    breaks: (flags) => isInBatches(flags) && flags.tier !== undefined && flags.rescue === undefined,
    message: '--tier is for questions that are asked one by one; batches have a price of their own',
    hint: 'Leave it out; with --rescue it says how what is left is asked.',
  },
  {
    breaks: (flags) => isInBatches(flags) && flags.overwrite === true,
    message:
      '--overwrite begins a results file anew with the first answer, and --batch has none yet',
    hint: 'Name another file with -o, or give --redo to ask again and keep all other records.',
  },
  {
    breaks: (flags) =>
      isInBatches(flags) &&
      flags.rescue === undefined &&
      flags.by === undefined &&
      (flags.rpm !== undefined || flags.tpm !== undefined),
    message:
      '--rpm and --tpm are for questions that are asked one by one; batches have no such pace',
    hint: 'Leave them out; --max-cost limits what is submitted.',
  },
];

function isLedger({ output, format, dryRun = false }: RunFlags): boolean {
  if (output === undefined || output === '-') return false;
  // The format is that of the estimate then.
  return format === undefined || dryRun ? /\.(?:jsonl|ndjson)$/i.test(output) : format === 'jsonl';
}

/**
 * Refuses what does not go with batches.
 *
 * @param images the names of the pictures.
 * @throws GeminiImageError of kind `usage`.
 */
export function checkBatch(flags: RunFlags, images: readonly string[]): void {
  for (const { breaks, message, hint } of batchRules) {
    if (breaks(flags)) throw usageError(message, hint);
  }
  if (isInBatches(flags) && images.includes('-')) {
    throw usageError(
      'a picture from stdin is gone when its batch is collected',
      'Save it as a file, or ask without --batch.',
    );
  }
}

/**
 * commander takes the word after `--sidecar` as its value, though it may have been meant as a
 * picture.
 */
function isTakenForEnding(value: string): boolean {
  return value.includes('/') || existsSync(value);
}

/** @throws GeminiImageError of kind `usage` if flags do not go together. */
export function checkFlags(flags: RunFlags): void {
  for (const { breaks, message, hint } of rules) {
    if (breaks(flags)) throw usageError(message, hint);
  }
}
