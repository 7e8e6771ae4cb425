import { stat } from 'node:fs/promises';
import { usageError } from '../domain/error.js';
import { type Shard, shardInName, shardName } from '../domain/shard.js';
import { isPlainFile } from '../storage/output-file.js';
import type { CommandContext } from './context.js';
import type { RunOptions } from './options.js';

/**
 * Turns the options of a job for several machines into those for this machine: its share of the
 * pictures, the rates and the costs, with its own output files.
 *
 * @throws GeminiImageError of kind `usage` if the pictures cannot be shared out, or the scheduler
 *   gives no number.
 */
export async function thisShard(options: RunOptions, context: CommandContext): Promise<RunOptions> {
  const { shard: wanted, find, ask, limits, outputs } = options;
  if (!wanted) return options;
  if (find.images.some((name) => name === '-' || name === '/dev/stdin')) {
    throw usageError(
      '--shard goes by the paths of pictures, and a picture on stdin has none',
      'Name files or folders, or leave out --shard.',
    );
  }
  const { count } = wanted;
  const settings = await context.settings(ask);
  const number = wanted.number === 'auto' ? settings.shardNumber(count) : wanted.number;
  const shard = { number, count };
  const { costUsd, requestsPerMinute, tokensPerMinute } = limits;
  const shareOf = (whole: number | undefined) => (whole === undefined ? undefined : whole / count);
  return {
    ...options,
    find: { ...find, shard },
    limits: {
      ...limits,
      costUsd: shareOf(costUsd),
      requestsPerMinute: shareOf(requestsPerMinute),
      tokensPerMinute: shareOf(tokensPerMinute),
    },
    outputs: {
      ...outputs,
      file: await fileOf(outputs.file, shard),
      failed: await fileOf(outputs.failed, shard),
    },
  };
}

/** The shard's own file. Stdout, devices and pipes stay as they are. */
async function fileOf(path: string | undefined, shard: Shard): Promise<string | undefined> {
  if (path === undefined || path === '-' || !(await isPlainFile(path))) return path;
  // A folder is refused later, by the name that the user gave.
  if (path.endsWith('/') || (await isFolder(path))) return path;
  const named = shardInName(path);
  if (!named) return shardName(path, shard);
  if (named.number === shard.number && named.count === shard.count) return path;
  throw usageError(
    `${path} is by its name the file of shard ${named.number} of ${named.count}, and this is shard ${shard.number} of ${shard.count}`,
    'Give the name without its number, such as captions.jsonl.',
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
