import type { FindInputs } from '../images/find/find-images.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { Job } from '../run/job.js';
import type { RunFlags } from '../run/options.js';

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
    const { runDryRun } = await import('../run/dry-run.js');
    return runDryRun(inputs, job, flags, context);
  }
  const { runJob } = await import('../run/run.js');
  return runJob(inputs, job, flags, context);
}
