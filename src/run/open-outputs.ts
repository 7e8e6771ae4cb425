import type { Task } from '../engine/engine-task.js';
import { requestsOf } from '../engine/fingerprint.js';
import type { JobsBeside } from './batch/on-the-way.js';
import type { CommandContext } from './context.js';
import type { Job, Outputs } from './job.js';
import { isJoint, knowFrom, type OutputsPart, type RunOptions } from './options.js';
import { formatName, formatOf, printedWriter, runnerStdout, stdoutSink } from './printing.js';

/**
 * Opens everything that the run writes. What writes and reads files is loaded only if there are any.
 *
 * @param several whether the results are a list.
 * @param jobs the batch jobs of the ledger, if it has some.
 * @throws GeminiImageError of kind `usage`.
 */
export async function openOutputs(
  job: Job,
  options: RunOptions,
  task: Task,
  several: boolean,
  context: CommandContext,
  jobs: JobsBeside | undefined,
): Promise<Outputs> {
  if (isPrintedOnly(job, options.outputs)) return openStdout(job, options, task, several, context);
  const { openFiles } = await import('./outputs.js');
  return openFiles(job, options, task, several, context, jobs);
}

/**
 * Checks that the ending of the `-o` file, if there is one, names a format.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function expectKnownEnding(job: Job, outputs: OutputsPart): Promise<void> {
  if (outputs.file === undefined) return;
  const { checkEnding } = await import('./outputs.js');
  await checkEnding(job, outputs);
}

/** The batch jobs of the results file of a run, if it has a file and that has some. */
export async function openJobs(
  job: Job,
  options: RunOptions,
  context: CommandContext,
): Promise<JobsBeside | undefined> {
  if (options.outputs.file === undefined) return undefined;
  const { jobsBeside } = await import('./jobs-beside.js');
  return jobsBeside(job, options, context);
}

/** Whether results go to stdout and nowhere else, and nothing tells of earlier runs. */
function isPrintedOnly(
  { openMore }: Job,
  { file, failed, sidecars, redoFailed, redoRejected }: OutputsPart,
): boolean {
  return (
    !openMore &&
    file === undefined &&
    failed === undefined &&
    !sidecars &&
    !redoFailed &&
    !redoRejected
  );
}

async function openStdout(
  job: Job,
  options: RunOptions,
  task: Task,
  several: boolean,
  context: CommandContext,
): Promise<Outputs> {
  const { ask, outputs } = options;
  const { tell } = context;
  const { reportsFailures = false } = job;
  const format = await formatOf(job, outputs);
  const sink = stdoutSink(await runnerStdout(formatName(outputs), context));
  const formatter = format.create(several && !ask.together);
  return {
    results: printedWriter(formatter, sink, { reportsFailures, tell }),
    plan: () => ({ kind: 'ask' }),
    know: knowFrom(job, undefined),
    readRecorded: async () => ({}),
    restore: () => undefined,
    inOrder: true,
    isResumable: false,
    ledger: undefined,
    isLive: format === job.formats.text,
    request: requestsOf(task, isJoint(options)).request,
    places: [],
    displaced: () => undefined,
    admit: (image) => job.admit?.(image),
    isOutOfPlace: () => false,
    setAside: () => 0,
  };
}
