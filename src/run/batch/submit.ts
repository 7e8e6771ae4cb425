import { rm } from 'node:fs/promises';
import { GeminiImageError } from '../../domain/error.js';
import type { Question } from '../../domain/question.js';
import { HashedTexts } from '../../domain/text-hash.js';
import { roundUsd } from '../../domain/usage.js';
import { settingsOf } from '../../engine/call.js';
import type { Prepared } from '../../engine/prepare.js';
import type { BatchInput, UploadedInput } from '../../gemini/batches/batch-client.js';
import type { BatchJob } from '../../gemini/batches/batch-job.js';
import { costOf, enqueuedTokensOf, priceOf } from '../../gemini/models.js';
import { base64Length, estimateInputTokens } from '../../gemini/request-size.js';
import { pause } from '../../network/retry.js';
import { throwIfStopped } from '../../network/stop-signals.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { BatchParts } from './batch-parts.js';
import { ANSWER_TOKENS } from './deadline.js';
import { newJobId } from './journal.js';
import type { OpenJob, QuestionInJob } from './journal-entries.js';
import { PackedQuestions } from './packed-questions.js';
import { rowKey } from './take-in.js';

/** How many questions a job has at most. */
const MOST_REQUESTS = 2000;

/** An uploaded file that expires sooner is not used for a job any more: jobs take up to a day. */
const LEAST_LIFE_MS = 24 * 3_600_000;

/** How often a job whose creation is in doubt is looked for in the list. */
const LOOKS = 3;

/** A question that is ready to be submitted, without bytes that do not fit into a line. */
export interface Ready {
  prepared: Prepared<never>;
  group: string | undefined;
}

/** A job whose questions are being collected. */
interface Growing {
  id: string;
  path: string;
  input: BatchInput;
  questions: PackedQuestions;
  /** The identities of its pictures. */
  identities: HashedTexts;
  /** Undefined if no price is known. */
  costUsd: number | undefined;
}

/** Puts questions into jobs, and creates the jobs. */
export interface Submitter {
  /**
   * Adds a question; a job that is full is created first.
   *
   * @returns `full` if the service takes no more jobs now: the question is not added.
   */
  add(ready: Ready): Promise<'added' | 'full' | 'too dear'>;
  /** Creates the job that has begun, if there is one. */
  finish(): Promise<void>;
  /** Creates a job that waits for it. */
  retry(job: OpenJob): Promise<'created' | 'full' | 'expired'>;
  /** Finds out whether a job was created whose reply was lost. */
  settle(job: OpenJob): Promise<void>;
  /** Whether the service takes no more jobs now. */
  readonly isFull: boolean;
  /** Some time has passed since it took no more jobs. */
  tryAnew(): void;
  /** Forgets a job that was not created, and deletes its questions. */
  drop(job: OpenJob): Promise<void>;
  /** Whether an equal picture is in a job already, or in the one that has begun. */
  hasEqual(identity: string): boolean;
  /** What is spent, and what is on its way, in US dollars. */
  committedUsd(): number;
  /** Removes the file of a job that has begun. */
  discard(): Promise<void>;
}

export function createSubmitter(parts: BatchParts): Submitter {
  const { jobs, journal, task, options, request, tell, patience, ledger, today, maxCostUsd } =
    parts;
  const { signals } = task;
  const votes = task.votes ?? 1;
  const price = priceOf(task.model, today, 'batch');
  const mean = ledger.meanUsage(parts.requests);
  let growing: Growing | undefined;
  let isFull = false;

  const costOfQuestion = (inputTokens: number): number | undefined => {
    const usage = {
      inputTokens: mean?.inputTokens ?? votes * inputTokens,
      outputTokens: mean?.outputTokens ?? votes * ANSWER_TOKENS,
    };
    return price && costOf({ ...usage, thoughtTokens: 0, cachedTokens: 0 }, price);
  };
  const committedUsd = () => {
    return parts.spending.onTheWayUsd + (growing?.costUsd ?? 0) + parts.spentUsd();
  };

  const begin = async (): Promise<Growing> => {
    const id = newJobId();
    const path = `${journal.beside}.batch-${id}.input`;
    const limits = { bytes: options.bytes, requests: MOST_REQUESTS, model: task.model };
    const input = await jobs.openInput(path, limits);
    const [questions, identities] = [new PackedQuestions(), new HashedTexts()];
    return { id, path, input, questions, identities, costUsd: 0 };
  };

  /** Uploads a file of questions, and creates the job. */
  const submit = async ({ id, path, input, questions, costUsd }: Growing): Promise<void> => {
    try {
      const { bytes, inputTokens } = await input.close();
      const displayName = `gemini-image-${id}`;
      const { model } = task;
      const plan = {
        ...{ id, displayName, model, service: parts.service, request, votes, bytes },
        question: parts.question,
        estimate: { inputTokens, costUsd },
        at: new Date().toISOString(),
      };
      const job = await journal.prepared(plan, questions);
      const file = await upload(job, path);
      if (!file) return;
      await create(await journal.creating(job, file));
    } finally {
      questions.release();
      await rm(path, { force: true });
    }
  };

  const upload = async (job: OpenJob, path: string): Promise<UploadedInput | undefined> => {
    try {
      const onCopyLeft = () => tell({ type: 'batchCopyLeft' });
      const file = await jobs.upload(path, { signal: signals.abort, onCopyLeft });
      if (!signals.stop.aborted) return file;
      // The run ends: a job that nobody has seen begin is not created any more.
      if (!(await jobs.deleteInput(file.name))) onCopyLeft();
      await journal.dropped(job);
      return undefined;
    } catch (error) {
      await journal.dropped(job);
      throw error;
    }
  };

  /** Creates a job, which the journal has announced. */
  const create = async (job: OpenJob): Promise<'created' | 'full'> => {
    const { displayName, model, file } = job;
    if (!file) throw new Error('a job without its file');
    try {
      const created = await jobs.create(
        { model, displayName, inputFile: file.name },
        { signal: signals.abort },
      );
      if (created.outcome === 'created') {
        await born(job, created.job);
        return 'created';
      }
      if (created.outcome === 'queue full') {
        await journal.queued(job);
        isFull = true;
        tell({ type: 'batchQueueFull', questions: job.count, error: created.error });
        return 'full';
      }
      await settle(job);
      return 'created';
    } catch (error) {
      // It is not known whether there is a job: the next run looks for it.
      if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') throw error;
      await drop(job);
      throw error;
    }
  };

  const born = async (job: OpenJob, { name }: BatchJob) => {
    await journal.created(job, name);
    tell({ type: 'batchSubmitted', job: name, questions: job.count, bytes: job.bytes });
  };

  const drop = async (job: OpenJob) => {
    await journal.dropped(job);
    if (job.file && !(await jobs.deleteInput(job.file.name))) tell({ type: 'batchCopyLeft' });
  };

  const find = async (displayName: string): Promise<BatchJob | undefined> => {
    for await (const job of jobs.list({ signal: signals.abort })) {
      if (job.displayName === displayName) return job;
    }
    return undefined;
  };

  const settle = async (job: OpenJob): Promise<void> => {
    for (let look = 1; look <= LOOKS; look += 1) {
      const found = await find(job.displayName);
      if (found) return born(job, found);
      if (look < LOOKS) await pause(patience.again * look, signals.stop);
    }
    // It is in no list: it was not created, and what is uploaded can be used for it.
    await journal.queued(job);
  };

  /** Whether all votes of a question fit into the file that has begun, beside what it has. */
  const hasRoom = ({ size }: BatchInput, question: Question): boolean =>
    size.requests === 0 ||
    (size.requests + votes <= MOST_REQUESTS &&
      size.bytes + votes * mostBytes(question) <= options.bytes &&
      size.inputTokens + votes * estimateInputTokens(question) <= enqueuedTokensOf(task.model));

  const add: Submitter['add'] = async ({ prepared, group }) => {
    const { question, pictures, identity } = prepared;
    const costUsd = costOfQuestion(estimateInputTokens(question));
    if (maxCostUsd !== undefined && costUsd !== undefined) {
      if (roundUsd(committedUsd() + costUsd) > maxCostUsd) return 'too dear';
    }
    growing ??= await begin();
    const { input, questions } = growing;
    const key = String(questions.count + 1);
    // All votes of a question belong into one job.
    const isRoom = votes === 1 || hasRoom(input, question);
    if (!isRoom || !(await input.add(key, question))) {
      await finish();
      if (isFull) return 'full';
      throwIfStopped(signals);
      return add({ prepared, group });
    }
    for (let vote = 1; vote < votes; vote += 1) {
      const settings = settingsOf(question, vote);
      await input.add(rowKey(key, vote), { ...question, settings });
    }
    const tries = journal.tries(ledgerKey(pictures.map(({ image }) => image)), request);
    questions.add({
      key,
      ...(group !== undefined && { group }),
      ...inJob(prepared),
      ...(tries > 0 && { tries }),
    });
    if (identity !== undefined) growing.identities.add(identity);
    if (costUsd === undefined) growing.costUsd = undefined;
    else if (growing.costUsd !== undefined) growing.costUsd += costUsd;
    return 'added';
  };

  const finish = async () => {
    if (!growing) return;
    const whole = growing;
    growing = undefined;
    await submit(whole);
  };

  const isFresh = ({ file }: OpenJob) =>
    file !== undefined && Date.parse(file.expires) - Date.now() > LEAST_LIFE_MS;

  return {
    get isFull() {
      return isFull;
    },

    tryAnew() {
      isFull = false;
    },
    add,
    drop,
    committedUsd,
    hasEqual: (identity) =>
      growing?.identities.has(identity) === true || journal.isEqualOnItsWay(identity),
    finish,

    async retry(job) {
      if (!isFresh(job) || !job.file) {
        await drop(job);
        return 'expired';
      }
      return create(await journal.creating(job, job.file));
    },

    settle,

    async discard() {
      growing?.questions.release();
      await growing?.input.discard();
      growing = undefined;
    },
  };
}

/** A line is not longer than that: base64 takes four bytes for three, an escaped letter six. */
function mostBytes({ parts, settings, schema }: Question): number {
  const fixed = 6 * JSON.stringify({ settings, schema }).length + 4096;
  return parts.reduce((sum, part) => {
    if ('inline' in part) return sum + base64Length(part.inline.content.size) + 256;
    return sum + ('text' in part ? 6 * part.text.length : 1024);
  }, fixed);
}

/** What the journal keeps of a question. */
function inJob({
  pictures,
  asked,
  request,
  requests,
  answered,
  identity,
  cacheKey,
  cacheKeys,
}: Prepared<never>): Omit<QuestionInJob, 'key'> {
  const kept = { requests, answered, identity, cacheKey, cacheKeys };
  return { pictures, asked, request, ...kept };
}
