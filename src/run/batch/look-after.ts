import { usageError } from '../../domain/error.js';
import type { BatchClient, CallOptions } from '../../gemini/batches/batch-client.js';
import { type BatchJob, isJobName } from '../../gemini/batches/batch-job.js';
import { createBatchClient } from '../../gemini/batches/batches.js';
import { count, duration } from '../../output/quantities.js';
import { safeLine } from '../../output/safe-text.js';
import type { CommandContext, Tally } from '../context.js';
import { openService } from '../service.js';

/** Which service has the jobs. */
export interface JobsOptions {
  baseUrl?: string | undefined;
}

/** For each call; a job with its answers inside is long. */
const TIMEOUT_MS = 120_000;

const RETRIES = 4;

/** Prints the jobs of the key's project, the newest first. */
export async function listJobs(
  { format, ...options }: JobsOptions & { format: 'text' | 'json' },
  context: CommandContext,
): Promise<Tally> {
  return withClient(options, context, async (client, calling) => {
    const jobs: BatchJob[] = [];
    for await (const job of client.list(calling)) jobs.push(job);
    if (jobs.length === 0) context.tell({ type: 'noJobs' });
    const text = format === 'json' ? jsonOf(jobs) : tableOf(jobs, context.today);
    if (text !== '') await context.stdout.write(text);
  });
}

/** Asks the service to end jobs. */
export async function cancelJobs(
  { names, ...options }: JobsOptions & { names: readonly string[] },
  context: CommandContext,
): Promise<Tally> {
  for (const name of names) expectJobName(name);
  return withClient(options, context, async (client, calling) => {
    for (const name of names) {
      const before = await client.get(name, calling);
      if (!before.isFinal) await client.cancel(name, calling);
      context.tell({ type: 'jobCancelled', job: name, was: before.state, isOver: before.isFinal });
    }
  });
}

/** Removes jobs, with their results, at the service. */
export async function deleteJobs(
  { names, ...options }: JobsOptions & { names: readonly string[] },
  context: CommandContext,
): Promise<Tally> {
  for (const name of names) expectJobName(name);
  return withClient(options, context, async (client, calling) => {
    for (const name of names) {
      const { isFinal, state } = await client.get(name, calling);
      if (!isFinal) throw stillOnItsWay(name, state);
      await client.delete(name, calling);
      context.tell({ type: 'jobDeleted', job: name });
    }
  });
}

async function withClient(
  { baseUrl }: JobsOptions,
  context: CommandContext,
  work: (client: BatchClient, calling: CallOptions) => Promise<void>,
): Promise<Tally> {
  const { signals, tell } = context;
  const service = await openService(false, await context.settings({ baseUrl }), context);
  try {
    const client = createBatchClient({ ...service, timeoutMs: TIMEOUT_MS, retries: RETRIES });
    const told: CallOptions['tell'] = (event) => tell({ ...event, image: '' });
    await work(client, { signal: signals.stop, tell: told });
    return { produced: 1, failures: [] };
  } finally {
    await service.close();
  }
}

function expectJobName(name: string): void {
  if (isJobName(name)) return;
  throw usageError(
    `${JSON.stringify(name)} is no name of a batch job`,
    'Jobs have names such as batches/abc123: gemini-image batch list shows them.',
  );
}

function stillOnItsWay(name: string, state: string) {
  return usageError(
    `${name} is ${state}: if it were deleted now, it would go on and be billed`,
    `End it first: gemini-image batch cancel ${name}`,
  );
}

/** For programs: absent times and counts are null, so that each job has the same fields. */
function jsonOf(jobs: readonly BatchJob[]): string {
  const shown = jobs.map(
    ({ name, state, displayName, model, requests, created, ended, problem }) => ({
      job: name,
      state,
      name: displayName,
      model: model ?? null,
      questions: requests ?? null,
      created: created ?? null,
      ended: ended ?? null,
      ...(problem !== undefined && { problem }),
    }),
  );
  return `${JSON.stringify(shown, null, 2)}\n`;
}

function tableOf(jobs: readonly BatchJob[], now: Date): string {
  const rows = jobs.map(({ name, state, displayName, requests, created }) => [
    state,
    requests === undefined ? '' : `${count(requests)} ${requests === 1 ? 'question' : 'questions'}`,
    created === undefined ? '' : `${duration(Math.max(0, +now - Date.parse(created)))} ago`,
    name,
    safeLine(displayName),
  ]);
  const widths = [0, 1, 2, 3].map((at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
