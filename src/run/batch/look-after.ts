import { GeminiImageError, usageError } from '../../domain/error.js';
import type { BatchClient, CallOptions } from '../../gemini/batches/batch-client.js';
import { type BatchJob, isJobName } from '../../gemini/batches/batch-job.js';
import { createBatchClient } from '../../gemini/batches/batches.js';
import { count, duration } from '../../output/quantities.js';
import { safeLine } from '../../output/safe-text.js';
import type { CommandContext, Tally } from '../context.js';
import { openService } from '../service.js';
import { readJournal } from './journal.js';
import type { OpenJob } from './journal-entries.js';
import type { OpenJobs } from './journal-state.js';

/** Which service has the jobs. */
export interface JobsOptions {
  baseUrl?: string | undefined;
}

/** For each call; a job with its answers inside is long. */
const TIMEOUT_MS = 120_000;

const RETRIES = 4;

/** A job as it is shown. */
interface ShownJob {
  /** Its name at the service; undefined if it is not there yet. */
  name: string | undefined;
  /** That of the service, `waiting` for room there, or `gone`. */
  state: string;
  displayName: string;
  model: string | undefined;
  questions: number | undefined;
  /** Known of the jobs of a ledger: pictures, or groups of them. */
  pictures?: number;
  created: string | undefined;
  ended?: string | undefined;
  problem?: string | undefined;
  ledger?: string;
}

/** Prints the jobs of ledgers or, without any, all of the key's project, the newest first. */
export async function listJobs(
  {
    format,
    ledgers,
    ...options
  }: JobsOptions & { format: 'text' | 'json'; ledgers: readonly string[] },
  context: CommandContext,
): Promise<Tally> {
  const journals = await Promise.all(ledgers.map(journalOf));
  return withClient(options, context, async (client, calling) => {
    const jobs: ShownJob[] = [];
    if (ledgers.length === 0) {
      for await (const job of client.list(calling)) {
        jobs.push({ ...job, questions: job.requests });
      }
    }
    for (const { path, journal } of journals) {
      for (const job of journal.jobs.toReversed()) {
        jobs.push(await jobOfLedger(path, job, client, calling));
      }
    }
    if (jobs.length === 0) context.tell({ type: 'noJobs' });
    const text = format === 'json' ? jsonOf(jobs) : tableOf(jobs, context.today);
    if (text !== '') await context.stdout.write(text);
  });
}

async function jobOfLedger(
  ledger: string,
  { name, displayName, model, count: pictures, votes, at }: OpenJob,
  client: BatchClient,
  calling: CallOptions,
): Promise<ShownJob> {
  const known = { name, displayName, model, questions: pictures * votes, pictures, ledger };
  if (name === undefined) return { ...known, state: 'waiting', created: at };
  const job = await found(client, name, calling);
  if (!job) return { ...known, state: 'gone', created: at };
  const { state, created = at, ended, problem } = job;
  return { ...known, state, created, ended, problem };
}

/** Undefined if the service does not have it. */
async function found(client: BatchClient, name: string, calling: CallOptions) {
  return client.get(name, calling).catch((error: unknown) => {
    const { httpStatus } = error instanceof GeminiImageError ? error : {};
    if (httpStatus === 404 || httpStatus === 403) return undefined;
    throw error;
  });
}

interface LedgerJobs {
  path: string;
  journal: OpenJobs;
}

/** @throws GeminiImageError of kind `usage` if the ledger has no journal. */
async function journalOf(path: string): Promise<LedgerJobs> {
  const journal = await readJournal(path);
  if (journal) return { path, journal };
  throw usageError(
    `${path} is no name of a batch job, and has no jobs beside it`,
    'Name a job, as gemini-image batch list shows it, or a results file that was written with --batch.',
  );
}

/** Asks the service to end jobs: those named, and those of ledgers that are on their way. */
export async function cancelJobs(
  { targets, ...options }: JobsOptions & { targets: readonly string[] },
  context: CommandContext,
): Promise<Tally> {
  const { names, ledgers } = await readTargets(targets);
  return withClient(options, context, async (client, calling) => {
    const cancel = async ({ name, state, isFinal }: BatchJob) => {
      if (!isFinal) await client.cancel(name, calling);
      context.tell({ type: 'jobCancelled', job: name, was: state, isOver: isFinal });
    };
    for (const name of names) await cancel(await client.get(name, calling));
    for (const { journal } of ledgers) {
      if (journal.jobs.length === 0) context.tell({ type: 'noJobs' });
      for (const { name } of journal.jobs) {
        const job = name === undefined ? undefined : await found(client, name, calling);
        if (job) await cancel(job);
      }
    }
  });
}

/**
 * Removes jobs, with their results, at the service: those named, fetched or not, and those of ledgers
 * whose answers are in the ledger.
 */
export async function deleteJobs(
  { targets, ...options }: JobsOptions & { targets: readonly string[] },
  context: CommandContext,
): Promise<Tally> {
  const { names, ledgers } = await readTargets(targets);
  return withClient(options, context, async (client, calling) => {
    const remove = async (name: string) => {
      await client.delete(name, calling);
      context.tell({ type: 'jobDeleted', job: name });
    };
    for (const name of names) {
      const { isFinal, state } = await client.get(name, calling);
      if (!isFinal) throw stillOnItsWay(name, state);
      await remove(name);
    }
    for (const { path, journal } of ledgers) {
      let removed = 0;
      for (const name of journal.over) {
        if (!(await found(client, name, calling))) continue;
        await remove(name);
        removed += 1;
      }
      const left = journal.jobs.length;
      if (left > 0) context.tell({ type: 'jobsLeft', ledger: path, jobs: left });
      else if (removed === 0) context.tell({ type: 'noJobs' });
    }
  });
}

async function readTargets(targets: readonly string[]) {
  const ledgers = targets.filter((target) => !isJobName(target));
  return { names: targets.filter(isJobName), ledgers: await Promise.all(ledgers.map(journalOf)) };
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

function stillOnItsWay(name: string, state: string) {
  return usageError(
    `${name} is ${state}: if it were deleted now, it would go on and be billed`,
    `End it first: gemini-image batch cancel ${name}`,
  );
}

/** For programs: absent times and counts are null, so that each job has the same fields. */
function jsonOf(jobs: readonly ShownJob[]): string {
  const shown = jobs.map(
    ({
      name,
      state,
      displayName,
      model,
      questions,
      pictures,
      created,
      ended,
      problem,
      ledger,
    }) => ({
      job: name ?? null,
      state,
      name: displayName,
      model: model ?? null,
      questions: questions ?? null,
      ...(pictures !== undefined && { pictures }),
      created: created ?? null,
      ended: ended ?? null,
      ...(problem !== undefined && { problem }),
      ...(ledger !== undefined && { ledger }),
    }),
  );
  return `${JSON.stringify(shown, null, 2)}\n`;
}

function tableOf(jobs: readonly ShownJob[], now: Date): string {
  const rows = jobs.map((job) => [
    job.state,
    sizeOf(job),
    job.created === undefined ? '' : `${duration(Math.max(0, +now - Date.parse(job.created)))} ago`,
    job.name ?? '-',
    safeLine(job.ledger ?? job.displayName),
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

function sizeOf({ pictures, questions }: ShownJob): string {
  const [number, what] = pictures === undefined ? [questions, 'question'] : [pictures, 'picture'];
  return number === undefined ? '' : `${count(number)} ${what}${number === 1 ? '' : 's'}`;
}
