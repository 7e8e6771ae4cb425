import type { FindInputs } from '../../images/find/find-images.js';
import type { CommandContext, Tally } from '../context.js';
import type { Job } from './job.js';
import type { RunFlags } from './task.js';

/**
 * Does a job, or shows what it would be. The engine loads only now, so that --help and a mistyped
 * flag do not wait for it.
 */
export async function beginRun(
  inputs: FindInputs,
  job: Job,
  flags: RunFlags,
  context: CommandContext,
): Promise<Tally> {
  const { modelNote } = await context.settings(flags);
  if (modelNote !== undefined) context.talk.note(modelNote);
  if (flags.dryRun) {
    const { runDryRun } = await import('./dry-run.js');
    return runDryRun(inputs, job, flags, context);
  }
  const { runJob } = await import('./run.js');
  return runJob(inputs, job, flags, context);
}
