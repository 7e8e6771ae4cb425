import { existsSync, realpathSync } from 'node:fs';
import { withSuffix } from '../storage/swap-file.js';
import type { JobsBeside } from './batch/on-the-way.js';
import type { CommandContext } from './context.js';
import type { Job } from './job.js';
import type { RunOptions } from './options.js';
import { ledgerPath } from './outputs.js';

/** Whether a results file has a journal of batch jobs; few have one. */
export function hasJournal(ledger: string): boolean {
  let target = ledger;
  try {
    target = realpathSync(ledger);
  } catch {
    // It is not there yet.
  }
  return existsSync(withSuffix(target, '.batch'));
}

/**
 * The batch jobs of the results file of a run.
 *
 * @returns undefined if it has none, and the run will make none.
 * @throws GeminiImageError of kind `usage`.
 */
export async function jobsBeside(
  job: Job,
  { batch, outputs }: Pick<RunOptions, 'batch' | 'outputs'>,
  context: Pick<CommandContext, 'tell'>,
): Promise<JobsBeside | undefined> {
  const path = await ledgerPath(job, outputs);
  if (path === undefined || (!batch && !hasJournal(path))) return undefined;
  const { openJobsBeside } = await import('./batch/on-the-way.js');
  return openJobsBeside(path, batch !== undefined, context);
}
