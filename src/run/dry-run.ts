import type { Brief } from '../domain/brief.js';
import { type ErrorKind, GeminiImageError, isInterrupted } from '../domain/error.js';
import type { Task } from '../engine/engine-task.js';
import { requestsOf } from '../engine/fingerprint.js';
import { prepare, type QuestionPictures } from '../engine/prepare.js';
import { informedWanted, wantedOf } from '../engine/recorded-answers.js';
import { picturesOf, planner } from '../engine/remaining.js';
import { restOf } from '../engine/several-styles.js';
import { collectTogether } from '../engine/together.js';
import { hideKeys } from '../gemini/key.js';
import { priceOf, type Rate } from '../gemini/models.js';
import { type GenerateContentRequest, previewRequest, requestUrl } from '../gemini/request.js';
import type { Found } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { ImageReference } from '../images/find/reference.js';
import { jsonValues } from '../output/json-values.js';
import { type Finished, readLedger } from '../storage/ledger/ledger.js';
import { ReservedFiles } from '../storage/reserved-files.js';
import type { JobsBeside } from './batch/on-the-way.js';
import type { CommandContext, Tally } from './context.js';
import { type EstimateOptions, estimateOf, estimateRun, type RunEstimate } from './estimate.js';
import { renderEstimate } from './estimate-text.js';
import type { Job } from './job.js';
import { jobsBeside } from './jobs-beside.js';
import { captionTask, isJoint, knowFrom, type RunOptions, rateToPay } from './options.js';
import { checkEnding, ledgerPath, sidecarsFor, testOfJobs, wantedIn } from './outputs.js';
import { openPictures } from './pictures.js';
import { runnerStdout } from './printing.js';

/** Reports a failure and goes on; throws the error again if it ends the run. */
type Fail = (error: unknown, label?: string) => undefined;

/**
 * Prints the one request that would be sent, with byte counts in place of pictures. For a run that
 * asks about several pictures one by one, it prints an estimate instead. It needs no key, and uses
 * the network only to fetch a picture of the request that is given as a web address.
 */
export async function runDryRun(
  job: Job,
  options: RunOptions,
  context: CommandContext,
): Promise<Tally> {
  const { ask, outputs } = options;
  await checkEnding(job, { file: outputs.file });
  const settings = await context.settings(ask);
  const pictures = job.pictures ?? (await openPictures(options, context));
  const { found } = pictures;
  // A plan is made for one picture too.
  const several = pictures.several || options.batch?.by !== undefined;
  const ledger = await earlierResults(job, outputs);
  const asking = await captionTask(job, options, settings, several, context);
  const task = { ...asking, know: knowFrom(job, ledger) };
  const url = requestUrl(settings.baseUrl(), settings.model, ask.stream);
  const { together } = ask;
  const { format = 'text' } = outputs;
  const failures: ErrorKind[] = [];
  let produced = 0;
  const fail: Fail = (error, label) => {
    if (isInterrupted(error) || !(error instanceof GeminiImageError)) throw error;
    failures.push(error.kind);
    context.tell({ type: 'failed', error, about: label });
  };
  // The format is that of the estimate.
  const beside = { outputs: { ...outputs, format: undefined } };
  const jobs = await jobsBeside(job, beside, context);
  const onTheWay = jobs?.open.jobs.reduce((sum, { count }) => sum + count, 0) ?? 0;
  const facts = await estimateOptions(task, ledger, jobs, onTheWay, options, context);
  if (several && !together) {
    const counted = await estimateRun(found, facts, fail);
    const questions = counted.toAsk + onTheWay;
    const plan = await planOf(questions, facts, task, options, context);
    const estimate = { ...counted, ...plan };
    produced = estimate.pictures;
    if (produced > 0) await context.stdout.write(renderEstimate(estimate, format));
  } else {
    const preview = together
      ? await previewTogether(found, task, facts, ask).catch(fail)
      : await previewOne(found, task, facts, ask, fail);
    if (preview) {
      const { about, request } = preview;
      produced = 1;
      const stdout = await runnerStdout('json', context);
      const estimate =
        request && !together
          ? priceOfOne(
              { ...task, brief: request.brief },
              rateToPay(options),
              request.sent,
              context.today,
            )
          : undefined;
      const shown = request
        ? { ...about, method: 'POST', url, body: request.body, ...(estimate && { estimate }) }
        : { ...about, ...preview.instead };
      await stdout.write(hideKeys(jsonValues(false).value(shown)));
    }
  }
  const tally = { produced, failures };
  context.tell({
    type: 'dryRunSummary',
    done: together ? 'shown together' : 'counted',
    produced,
    failed: failures.length,
    passedOver: pictures.passedOver(),
    leftOut: pictures.leftOut(),
  });
  return tally;
}

/** What earlier runs have left, unless it is to be begun anew. */
async function earlierResults(
  job: Job,
  { file, overwrite }: RunOptions['outputs'],
): Promise<Finished | undefined> {
  // The format applies to the estimate here, not to results.
  const path = overwrite ? undefined : await ledgerPath(job, { file });
  return path === undefined ? undefined : readLedger(path);
}

/** With `--by`, how the run would be done by then; that is said too. */
async function planOf(
  questions: number,
  { meanUsage }: Pick<EstimateOptions, 'meanUsage'>,
  task: Task,
  { batch, limits }: RunOptions,
  { today, tell }: CommandContext,
): Promise<Pick<RunEstimate, 'plan'>> {
  if (batch?.by === undefined || questions === 0) return {};
  const { costsOf, planInWords, planUntil } = await import('./batch/deadline.js');
  const costs = costsOf(questions, task, meanUsage?.(task.brief), today);
  const plan = planUntil(questions, limits, Date.now(), batch.by);
  tell({ type: 'deadlinePlan', words: planInWords({ ...plan, costs }) });
  const { batchUntil, flexUntil } = plan;
  const iso = (time: number) => new Date(time).toISOString();
  return {
    plan: {
      by: iso(plan.by),
      questions,
      ...(batchUntil !== undefined && { batchUntil: iso(batchUntil) }),
      ...(flexUntil !== undefined && { flexUntil: iso(flexUntil) }),
      ...(costs && { costsUsd: costs }),
    },
  };
}

/** What is known before the run begins: its question, its limits, and what is already done. */
async function estimateOptions(
  task: Task,
  ledger: Finished | undefined,
  jobs: JobsBeside | undefined,
  onTheWay: number,
  options: RunOptions,
  context: CommandContext,
): Promise<EstimateOptions & Planned> {
  const { signals, today } = context;
  const { limits, outputs, ask, find, batch } = options;
  const { model, brief, settings, load, votes = 1 } = task;
  const { requestsPerMinute: rpm, tokensPerMinute: tpm, pictures } = limits;
  // In batches, what is on its way counts against the limit.
  const limit = batch && pictures !== undefined ? Math.max(0, pictures - onTheWay) : pictures;
  const together = isJoint({ ask, find });
  const sidecars = await sidecarsFor(task, { ask, outputs }, new ReservedFiles(), ledger);
  const plan = await planner({
    ledger: outputs.redo ? undefined : ledger,
    sidecars,
    isWanted: wantedIn(ledger, outputs),
    isOnItsWay: await testOfJobs(jobs, requestsOf(task, together).request, task, context),
    wanted: wantedOf(task, together),
    wantedAbout: task.know && informedWanted(task, together),
    together,
    passesRejected: outputs.redoRejected,
    signal: signals.abort,
  });
  return {
    ...{ model, brief, settings, votes, load, rpm, tpm, limit },
    price: priceOf(model, today, rateToPay(options)),
    tiers: {
      standard: priceOf(model, today),
      flex: priceOf(model, today, 'flex'),
      batch: options.isAtOnce ? 'none' : priceOf(model, today, 'batch'),
    },
    concurrency: limits.concurrency,
    meanUsage: (brief) =>
      ledger?.meanUsage(wantedOf({ ...task, brief }, together).map(({ request }) => request)),
    plan,
  };
}

/**
 * The usual price of an answer about one picture, with the field names of the estimate for many.
 */
function priceOfOne(
  { model, brief, settings, votes }: Task,
  rate: Rate | undefined,
  sent: number,
  today: Date,
) {
  const one = { pictures: 1, sent, done: 0, failed: 0 };
  const price = priceOf(model, today, rate);
  const { inputTokens, outputTokens, cost, matching } = estimateOf(one, {
    ...{ model, brief, settings, votes, price },
  });
  return {
    inputTokens,
    outputTokens,
    ...(matching && { matching }),
    ...(cost && { costUsd: cost.usd, pricesAsOf: cost.asOf }),
  };
}

type Storing = Pick<RunOptions['ask'], 'store' | 'tier'>;

interface Preview {
  about: { image: string } | { images: readonly string[] };
  request?: PreviewedRequest | undefined;
  /** Why nothing would be sent, by the field names of the estimate for many. */
  instead?: { done: number; onTheWay?: number; toAsk: 0 } | undefined;
}

interface PreviewedRequest {
  body: GenerateContentRequest;
  /** How many pictures and pages are sent. */
  sent: number;
  /** What it asks: of several styles, those that have no answer yet. */
  brief: Brief;
}

type Planned = { plan: NonNullable<EstimateOptions['plan']> };

async function previewOne(
  found: AsyncIterable<Found | PictureGroup>,
  task: Task,
  planned: Planned,
  storing: Storing,
  fail: Fail,
): Promise<Preview | undefined> {
  for await (const image of found) {
    const { id, label } = image;
    try {
      if (image.kind === 'failed') throw image.error;
      const images = picturesOf(image);
      const group = image.kind === 'group' ? image : undefined;
      const question = { images, labelled: group !== undefined, group };
      return { about: { image: id }, ...(await previewRest(question, task, planned, storing)) };
    } catch (error) {
      fail(error, label);
    }
  }
  return undefined;
}

async function previewTogether(
  found: AsyncIterable<Found | PictureGroup>,
  task: Task,
  planned: Planned,
  storing: Storing,
): Promise<Preview> {
  const { images, error } = await collectTogether(found);
  if (error) throw error;
  const question = { images, labelled: true };
  return {
    about: { images: images.map(({ id }) => id) },
    ...(await previewRest(question, task, planned, storing)),
  };
}

/** The request for what is left to ask, if anything is. */
async function previewRest(
  pictures: QuestionPictures & { images: readonly ImageReference[] },
  task: Task,
  { plan }: Planned,
  storing: Storing,
): Promise<Omit<Preview, 'about'>> {
  const planned = await plan(pictures.images);
  if (planned.kind !== 'ask') {
    const isOnItsWay = planned.kind === 'skip' && planned.isOnItsWay;
    const done = planned.before ? 1 : 0;
    return { instead: { done, ...(isOnItsWay && { onTheWay: 1 }), toAsk: 0 } };
  }
  const styles = planned.recorded?.partly ?? [];
  const answered = Object.fromEntries(styles.map(({ style = '' }) => [style, '']));
  const brief = restOf(task.brief, answered) ?? task.brief;
  const preview = await previewBody(pictures, { ...task, answered }, storing);
  return { request: { ...preview, brief } };
}

/** The request body, with everything done except the call itself and its uploads. */
async function previewBody(
  pictures: QuestionPictures,
  task: Task,
  { store, tier }: Storing,
): Promise<Pick<PreviewedRequest, 'body' | 'sent'>> {
  const { question } = await prepare(
    pictures,
    task,
    async ({ upload: { content, mimeType, pages } }) => ({
      upload: { size: content.size, mimeType },
      pages,
    }),
  );
  const shown = question.parts.map((part) => ('text' in part ? 0 : (part.pages ?? 1)));
  return {
    body: previewRequest(question, { store, tier }),
    sent: shown.reduce((sum, pages) => sum + pages, 0),
  };
}
