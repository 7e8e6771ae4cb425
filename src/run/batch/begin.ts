import { GeminiImageError } from '../../domain/error.js';
import type { JobsOnTheirWay } from '../../domain/events.js';
import type { Bill } from '../../domain/usage.js';
import type { Deliver } from '../../engine/delivery.js';
import { requestsOf } from '../../engine/fingerprint.js';
import type { RunTask } from '../../engine/many-images.js';
import type { Pending, Plan, Restore, Skip } from '../../engine/remaining.js';
import { isLocalService } from '../../gemini/base-url.js';
import { createBatchClient } from '../../gemini/batches/batches.js';
import type { ImageReference } from '../../images/find/reference.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { CommandContext } from '../context.js';
import { type BatchPart, isJoint, type RunOptions, retriesOf } from '../options.js';
import type { RunCounts } from '../run-counts.js';
import { openBudget, type Service } from '../service.js';
import { type BatchParts, PATIENCE } from './batch-parts.js';
import { askInBatches } from './batch-run.js';
import type { Journal } from './journal.js';
import { jobsInNumbers } from './on-the-way.js';
import { questionInWords } from './question-in-words.js';
import { Spending } from './spending.js';

/** What a run has opened for its jobs. */
export interface BatchRun {
  batch: BatchPart;
  options: RunOptions;
  journal: Journal;
  ledger: Ledger;
  /** The fingerprint of the question. */
  request: string;
  task: RunTask & { onBilled(bill: Bill): void };
  clientAt: BatchParts['clientAt'];
  service: Service;
  deliver: Deliver;
  counts: RunCounts;
  plan(images: readonly ImageReference[]): Plan | Promise<Plan>;
  /** Carries out a plan for pictures that are not asked about. */
  carryOut(images: readonly ImageReference[], plan: Skip | Restore): Promise<void>;
  /** What remains by a plan; pictures that are not asked about are counted if `counts` says so. */
  pending(
    plan: BatchRun['plan'],
    counts: (planned: Skip | Restore) => boolean,
    limit: number,
  ): AsyncIterable<Pending>;
}

/** What is left when a run ends. */
export interface LeftOnTheWay {
  /** Undefined if no job is on its way. */
  jobs: JobsOnTheirWay | undefined;
  /** How many pictures wait for the answer about an equal one. */
  twins: number;
}

/** Asks in batches until the run ends. */
export async function runBatches(run: BatchRun, context: CommandContext): Promise<LeftOnTheWay> {
  const { batch, options, journal, ledger, request, service, counts } = run;
  const { ask, limits, outputs } = options;
  const { tell, today } = context;
  const { baseUrl } = service;
  const spending = new Spending(journal);
  const { model, signals } = run.task;
  const budget = await openBudget(options, model, signals, context, () => spending.usd);
  const task = { ...run.task, budget };
  const states = new Map<string, string>();
  const settled: BatchParts['settled'] = new Map();
  /** Plans about questions that are counted already. */
  const counted = new WeakSet<Plan>();

  const plan: BatchRun['plan'] = async (images) => {
    const planned = await run.plan(images);
    const key = ledgerKey(images.map(({ id }) => id));
    const fate = settled.get(key);
    if (planned.kind === 'ask') {
      // A picture that has changed since its answer was asked for is asked about anew, but not one
      // of whose styles some were left out: a later run asks for those.
      const isChanged = fate === 'answered' && !outputs.redo && !planned.recorded;
      if (fate !== undefined && !isChanged) {
        const nothing: Skip = { kind: 'skip' };
        counted.add(nothing);
        return nothing;
      }
      if (fate === undefined && !outputs.redoFailed && journal.isUnusable(key, request)) {
        throw unusable();
      }
    } else if (fate !== undefined) counted.add(planned);
    return planned;
  };

  // The emulator inside the process ends with it, and its jobs are done at once.
  const waits = batch.waits || ask.offline || batch.by !== undefined;
  const parts: BatchParts = {
    options: { ...batch, waits },
    jobs: createBatchClient({
      ...service,
      timeoutMs: limits.answerTimeoutMs,
      retries: retriesOf(limits, true),
      store: ask.store,
      pricesAt: today,
    }),
    ...{ clientAt: run.clientAt, tier: ask.tier, plan: undefined, limits },
    ...{ journal, ledger, task, request, deliver: run.deliver, tell, today },
    requests: Object.values(requestsOf(task, isJoint(options)).requests ?? { request }),
    question: questionInWords(task),
    service: ask.offline ? 'offline' : baseUrl,
    patience: isLocalService(baseUrl) ? PATIENCE.local : PATIENCE.remote,
    tellWaiting() {
      const jobs = jobsInNumbers(journal.jobs, states);
      tell({ type: 'progress', ...counts.progress(), ...(jobs && { jobs }) });
    },
    spending,
    spentUsd: () => counts.costUsd ?? 0,
    ledgerPath: outputs.file ?? '',
    maxCostUsd: limits.costUsd,
    settled,
    submitted: waits ? new Map() : undefined,
    states,
    async planAnew(asked, images) {
      const planned = await run.plan(images);
      if (planned.kind === 'ask') return { ...planned, asked };
      await run.carryOut(images, planned);
      return undefined;
    },
  };
  /** Begins when it is asked for, because what is on its way then counts against `--limit`. */
  async function* pending() {
    const onTheWay = journal.jobs.reduce((sum, { count }) => sum + count, 0);
    const { pictures: most = Number.POSITIVE_INFINITY } = limits;
    const limit = Math.max(0, most - onTheWay - settled.size);
    yield* run.pending(plan, (planned) => !counted.has(planned), limit);
  }
  const twins = await askInBatches(parts, pending());
  return { jobs: jobsInNumbers(journal.jobs, states), twins };
}

function unusable(): GeminiImageError {
  return new GeminiImageError({
    kind: 'answer',
    about: 'picture',
    message: 'its answer from a batch job did not keep to the schema, as most answers of that job',
    hint: 'It is not submitted again by itself: --redo-failed does so, and without --batch it is asked at once.',
  });
}
