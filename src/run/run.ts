import { GeminiImageError } from '../domain/error.js';
import type { Tier } from '../domain/model-settings.js';
import type { Bill } from '../domain/usage.js';
import { lookAhead } from '../engine/concurrency.js';
import { asFinished, type Deliver, inOrder } from '../engine/delivery.js';
import type { EqualPictures } from '../engine/equal-pictures.js';
import { askMany, type RunTask } from '../engine/many-images.js';
import { failedBy } from '../engine/outcome.js';
import {
  oneEach,
  type Pending,
  pendingPictures,
  type Restore,
  type Skip,
} from '../engine/remaining.js';
import { createRunStop, type RunStop } from '../engine/run-stop.js';
import { createClient, type GeminiClient } from '../gemini/client.js';
import { displayName } from '../images/find/reference.js';
import type { BatchRun, LeftOnTheWay } from './batch/begin.js';
import type { JobsBeside } from './batch/on-the-way.js';
import type { CommandContext, Tally } from './context.js';
import { endOfRun } from './end.js';
import type { Job, Outputs, Pictures, ResultWriter } from './job.js';
import { expectKnownEnding, openJobs, openOutputs } from './open-outputs.js';
import { type BatchPart, captionTask, type RunOptions, retriesOf } from './options.js';
import { openPictures } from './pictures.js';
import { RunCounts } from './run-counts.js';
import { openBudget, openCache, openService, type Service } from './service.js';

/** How long calls in progress may go on when the user ends a run over several pictures. */
const GRACE_MS = 5000;

/** Other files that a run has open: results, modules, pictures that are being prepared. */
const OPEN_BESIDES = 64;

/** For one answer of flex. */
const FLEX_TIMEOUT_MS = 600_000;

/** This many at once fit under every system's limit. */
const FEW = 64;

/**
 * How many pictures at once: fewer than wanted if the system does not allow as many connections.
 */
function atOnce(wanted: number, { openFiles, tell }: CommandContext): number {
  if (wanted <= FEW) return wanted;
  const limit = openFiles?.() ?? Number.POSITIVE_INFINITY;
  // Half as many again are being prepared, each with an open file.
  const most = Math.max(1, Math.floor((limit - OPEN_BESIDES) / 2));
  if (most >= wanted) return wanted;
  tell({ type: 'fewerAtOnce', openFiles: limit, atOnce: most, wanted });
  return most;
}

/** Asks about the pictures, several at once, and writes each result as soon as it is there. */
export async function runJob(
  job: Job,
  options: RunOptions,
  context: CommandContext,
): Promise<Tally> {
  const run = createRunStop(context.signals);
  try {
    return await runUntilEnd(run, job, options, context);
  } finally {
    run.close();
  }
}

async function runUntilEnd(
  run: RunStop,
  job: Job,
  options: RunOptions,
  context: CommandContext,
): Promise<Tally> {
  const { ask, limits } = options;
  await expectKnownEnding(job, options.outputs);
  const settings = await context.settings(ask);
  const found = job.pictures ?? (await openPictures(options, { ...context, signals: run }));
  // A batch of one picture is reported like one of many.
  const several = found.several || options.batch !== undefined;
  const pictures = { ...found, several };
  const task = {
    ...(await captionTask(job, options, settings, several, context)),
    concurrency: atOnce(limits.concurrency, context),
    failFast: limits.failFast,
    alongside: job.alongside,
    signals: run,
    equals: several ? await openEquals() : undefined,
    budget: await openBudget(options, settings.model, run, context),
    cache: await openCache(options, settings, context),
  };
  const jobs = await openJobs(job, options, context);
  const open = () => openOutputs(job, options, task, several, context, jobs);
  const service = await openService(ask.offline, settings, context).catch(
    async (error: unknown) => {
      if (job.reportsFailures) await reportUnbegun(open, error);
      await jobs?.close();
      throw error;
    },
  );
  try {
    const { answerTimeoutMs: timeoutMs, requestsPerMinute, tokensPerMinute } = limits;
    const clientAt = (tier: Tier | undefined) =>
      createClient({
        ...service,
        // Whoever asks flex because of a deadline has given no time limit for it.
        timeoutMs: tier === 'flex' && ask.tier !== 'flex' ? FLEX_TIMEOUT_MS : timeoutMs,
        retries: retriesOf(limits, several),
        waitsForLimits: limits.retries === undefined,
        store: ask.store,
        tier,
        tierFallback: ask.tierFallback && tier === 'flex',
        pricesAt: context.today,
        pace: {
          ...(requestsPerMinute !== undefined && { requestsPerMinute }),
          ...(tokensPerMinute !== undefined && { tokensPerMinute }),
        },
        tell: context.tell,
      });
    const client = clientAt(ask.tier);
    if (ask.stream && ask.tier === 'flex') context.tell({ type: 'streamIsSlow' });
    const outputs = await open();
    try {
      const informed = { ...task, loaded: job.loaded, know: outputs.know };
      const using = { pictures, client, clientAt, outputs, job, options, service, jobs };
      return await askAboutPictures({ ...using, task: informed }, context);
    } catch (error) {
      context.tell({ type: 'progressOver' });
      await outputs.results.abandon();
      throw error;
    }
  } finally {
    await jobs?.close();
    await service.close();
  }
}

/**
 * Writes a report for a run that could not begin, for example without a key. If the report fails
 * too, the error of the run is the one to show.
 */
async function reportUnbegun(open: () => Promise<Outputs>, error: unknown): Promise<void> {
  if (!(error instanceof GeminiImageError)) return;
  const outputs = await open().catch(() => undefined);
  await outputs?.results.finish(error).catch(() => undefined);
}

interface Asking {
  pictures: Pictures;
  client: GeminiClient;
  clientAt(tier: Tier | undefined): GeminiClient;
  task: RunTask;
  outputs: Outputs;
  job: Job;
  options: RunOptions;
  service: Service;
  jobs: JobsBeside | undefined;
}

async function askAboutPictures(asking: Asking, context: CommandContext): Promise<Tally> {
  const { pictures, client, task, outputs, job, options, jobs } = asking;
  const { tell } = context;
  const start = performance.now();
  const counts = new RunCounts();
  let left = jobs && (await leftBeside(jobs));
  const deliver = deliveryTo(outputs, counts, pictures.several, context);
  const isUnseen = !outputs.isLive;
  const { readRecorded } = outputs;
  const onBilled = (bill: Bill, what?: 'matching') => counts.bill(bill, what);
  const paying = { ...task, readRecorded, onBilled };
  const wanted = options.ask.stream ? { ...paying, onText: deliver.text, isUnseen } : paying;
  if (options.ask.together)
    await askOnceAboutAll(pictures, client, wanted, outputs, counts, deliver);
  else {
    const isWatched = pictures.several && context.showsTotal;
    if (pictures.several) {
      context.allowGrace(GRACE_MS);
      tell({ type: 'progress', ...counts.progress() });
    }
    if (options.batch)
      left = await askByJobs(asking, options.batch, paying, counts, deliver, context);
    else {
      const pending = pendingOf(asking, counts, options.limits.pictures, tell);
      const todo = isWatched ? lookAhead(pending, (total) => counts.expect(total)) : pending;
      const delivery = outputs.inOrder ? inOrder(deliver) : asFinished(deliver);
      await askMany(todo, client, wanted, delivery);
    }
  }
  tell({ type: 'progressOver' });
  const trouble = await finish(outputs.results, task.signals.reason);
  const elapsedMs = performance.now() - start;
  const { reason } = task.signals;
  const ended = { counts, elapsedMs, pictures, outputs, reason, trouble, left, job, options };
  return endOfRun(ended, context);
}

/** Only among several pictures there are equal ones. */
async function openEquals(): Promise<EqualPictures> {
  const { createEqualPictures } = await import('../engine/equal-pictures.js');
  return createEqualPictures();
}

/** What another run has left on the way, whose questions this one passes over. */
async function leftBeside({ open }: JobsBeside): Promise<LeftOnTheWay> {
  const { jobsInNumbers } = await import('./batch/on-the-way.js');
  return { jobs: jobsInNumbers(open.jobs), twins: 0 };
}

/** Asks in jobs of the Batch API. The module is loaded only here. */
async function askByJobs(
  { pictures, clientAt, outputs, options, service, jobs }: Asking,
  batch: BatchPart,
  task: RunTask & { onBilled(bill: Bill): void },
  counts: RunCounts,
  deliver: Deliver,
  context: CommandContext,
): Promise<LeftOnTheWay> {
  const { ledger, request, plan, restore } = outputs;
  if (!jobs?.journal || !ledger) throw new Error('a batch without a ledger and its journal');
  const { runBatches } = await import('./batch/begin.js');
  const { journal } = jobs;
  const run: BatchRun = {
    ...{ batch, options, journal, ledger, request, task, clientAt, service, deliver, counts, plan },
    async carryOut(images, planned) {
      await restore(images, planned);
      countSkipped(counts, planned);
    },
    pending: (plan, isNew, limit) =>
      pendingOf(
        { pictures, outputs: { ...outputs, plan }, task },
        counts,
        limit,
        context.tell,
        isNew,
      ),
  };
  return runBatches(run, context);
}

/** @returns why an output could not be put in place, if one could not. */
async function finish(
  results: ResultWriter,
  reason: GeminiImageError | undefined,
): Promise<GeminiImageError | undefined> {
  try {
    await results.finish(reason);
    return undefined;
  } catch (error) {
    if (error instanceof GeminiImageError) return error;
    throw error;
  }
}

async function* pendingOf(
  { pictures, outputs, task }: Pick<Asking, 'pictures' | 'outputs' | 'task'>,
  counts: RunCounts,
  limit: number | undefined,
  tell: CommandContext['tell'],
  isNew: (skipped: Skip | Restore) => boolean = () => true,
): AsyncGenerator<Pending, void, void> {
  const { found, runs = oneEach(found), several } = pictures;
  const { plan, restore, admit } = outputs;
  const signal = task.signals.stop;
  let telling: NodeJS.Immediate | undefined;
  const tellProgress = () => {
    telling = undefined;
    tell({ type: 'progress', ...counts.progress() });
  };
  const onSkipped = (skipped: Skip | Restore) => {
    if (!isNew(skipped)) return;
    countSkipped(counts, skipped);
    // Once for all that are skipped in a turn: there may be a hundred thousand a second.
    if (several && skipped.before) telling ??= setImmediate(tellProgress);
  };
  try {
    yield* pendingPictures(runs, { plan, restore, admit, limit, onSkipped, signal });
  } finally {
    clearImmediate(telling);
    if (telling) tellProgress();
  }
}

function countSkipped(counts: RunCounts, plan: Skip | Restore): void {
  const { before } = plan;
  // What is on its way is counted by the journal of the jobs.
  if (plan.kind === 'skip' && plan.isOnItsWay) return;
  if (before) counts.skip(before);
  else counts.passBy();
}

function deliveryTo(
  { results }: Outputs,
  counts: RunCounts,
  several: boolean,
  { tell }: CommandContext,
): Deliver {
  return {
    async outcome(answered) {
      const trouble = await results.add(answered);
      const outcome = trouble ? failedBy(answered, trouble) : answered;
      counts.add(outcome);
      const { record, error } = outcome;
      // An error that ends the run is reported at its end, unless it is about this picture's
      // answer.
      if (error && (trouble || !(several && error.endsRun))) {
        const name = 'image' in record ? record.image : record.group;
        const about = name === undefined ? undefined : displayName(name);
        tell({ type: 'failed', error, about });
      }
      if (several) tell({ type: 'progress', ...counts.progress() });
      if (trouble?.endsRun) throw trouble.with({ hint: undefined });
    },
    text: async (text, image) => results.text?.(text, image),
  };
}

async function askOnceAboutAll(
  { found }: Pictures,
  client: GeminiClient,
  task: RunTask,
  { plan, restore, readRecorded }: Outputs,
  counts: RunCounts,
  deliver: Deliver,
): Promise<void> {
  const { askTogether, collectTogether } = await import('../engine/together.js');
  const together = await collectTogether(found);
  const planned = together.error ? undefined : await plan(together.images);
  if (planned && planned.kind !== 'ask') {
    await restore(together.images, planned);
    return countSkipped(counts, planned);
  }
  const { text } = deliver;
  const onText = task.onText && ((piece: string) => text?.(piece, '') ?? Promise.resolve());
  const answered = planned?.recorded && (await readRecorded(planned.recorded));
  const outcome = await askTogether(together, client, { ...task, answered, onText });
  if (!outcome) return;
  await task.alongside?.(outcome);
  await deliver.outcome(outcome);
}
