// Jobs of the Batch API: they are created from a file or from requests in the call, looked at,
// listed, cancelled and deleted, and their results are downloaded. A clock that can be handed in
// moves them from PENDING to RUNNING to SUCCEEDED. Shapes are as recorded. A job belongs to its
// project.
import { randomInt } from 'node:crypto';
import type { GenerateContentResponse } from '../answers/answer.js';
import type { Files, HeldContent } from '../files/files.js';
import { createScratch, type Scratch } from '../files/scratch.js';
import { ApiError, notFound, permissionDenied } from '../http/errors.js';
import { type PageRules, pageOf } from '../http/paging.js';
import type { Answer } from '../http/reply.js';
import type { BatchFaultKind, BatchFaultSchedule } from './batch-faults.js';
import {
  type BatchRequest,
  type Check,
  checkFile,
  inlineRequests,
  isObject,
  linesOf,
  readCreate,
  requestOf,
} from './batch-input.js';

export interface BatchesOptions {
  /** Milliseconds from the creation of a job to its end. */
  readonly batchMs: number;
  readonly faults: BatchFaultSchedule;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Answers one request of a job; it rejects with the same ApiError as a single call. */
  readonly respond: (
    model: string,
    json: unknown,
    owner: string,
  ) => Promise<GenerateContentResponse>;
}

type State = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED';

/** One row of the results, without its key. */
type Row = { readonly response: object } | { readonly error: { code: number; message: string } };

interface Job {
  readonly id: string;
  readonly owner: string;
  readonly model: string;
  readonly displayName: string;
  /** The input file; undefined if the requests are in the call. */
  readonly fileName?: string;
  readonly requestCount: number;
  readonly createdAt: number;
  readonly faults: ReadonlySet<BatchFaultKind>;
  /** The rows that are answered so far, in their order. */
  readonly rows: { readonly key?: string; readonly row: Row }[];
  /** Whether all requests are answered. */
  isAnswered: boolean;
  /** How it ended, and when. */
  end?: { readonly state: State; readonly at: number };
  /** How often its end was looked at. */
  looks: number;
  results?: { readonly scratch: Scratch; readonly size: number };
}

const TYPE = 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch';
const ID_LENGTH = 36;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** The share of its time for which a job is PENDING. */
const PENDING_SHARE = 1 / 4;
/** How often a finished job must be looked at before it has results, if these are `late`. */
const LATE_LOOKS = 2;
/** `google.rpc.Code`. */
const INVALID = 3;
const INTERNAL = 13;
const DOWNLOAD_CHUNK = 65_536;
const LINE_FEED = 0x0a;

const PAGES = {
  label: 'batches',
  request: 'ListBatchesRequest',
  defaultSize: 10,
  largestSize: 100,
} as const satisfies PageRules;

export class Batches {
  readonly #options: BatchesOptions;
  readonly #files: Files;
  readonly #jobs = new Map<string, Job>();

  constructor(files: Files, options: BatchesOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** `models.batchGenerateContent`. Rejects with 400 if a single call would refuse any request. */
  async create(owner: string, model: string, json: unknown, check: Check): Promise<Answer> {
    const { displayName, fileName, requests } = readCreate(json);
    const refusals = this.#options.faults.next('create');
    if (refusals.has('limit0')) throw overQuota('limit: 0, model: ', model);
    if (refusals.has('429')) throw queueFull();
    const held = fileName === undefined ? undefined : await this.#files.hold(owner, fileName);
    try {
      const inline = held === undefined ? inlineRequests(requests, check) : [];
      const requestCount = held === undefined ? inline.length : checkFile(held, check);
      const job: Job = {
        id: newId(),
        owner,
        model,
        displayName,
        ...(fileName !== undefined && { fileName }),
        requestCount,
        createdAt: this.#options.now(),
        faults: this.#options.faults.next('job'),
        rows: [],
        isAnswered: false,
        looks: 0,
      };
      this.#jobs.set(job.id, job);
      void this.#work(job, inline, held);
      return refusals.has('lost')
        ? { kind: 'lost' }
        : { kind: 'json', value: this.#describe(job, 'PENDING') };
    } catch (error) {
      held?.release();
      throw error;
    }
  }

  /** `batches.get`. */
  get(owner: string, id: string): object {
    const job = this.#find(owner, id);
    if (this.#options.faults.next('get').has('503')) {
      throw new ApiError(503, 'UNAVAILABLE', 'The service is currently unavailable.');
    }
    return this.#look(job);
  }

  /** `batches.list`, the newest first. */
  list(owner: string, query: URLSearchParams): object {
    const own = [...this.#jobs.values()].filter((job) => job.owner === owner).reverse();
    const { items, nextPageToken } = pageOf(own, query, PAGES);
    const operations = items.map((job) => this.#look(job));
    return {
      ...(operations.length > 0 && { operations }),
      ...(nextPageToken && { nextPageToken }),
    };
  }

  /** `batches.cancel`: a job that has ended stays as it is. */
  cancel(owner: string, id: string): object {
    const job = this.#find(owner, id);
    const state = this.#stateOf(job);
    if (state === 'PENDING' || state === 'RUNNING') {
      job.end = { state: 'CANCELLED', at: this.#options.now() };
    }
    return {};
  }

  /** `batches.delete`. */
  delete(owner: string, id: string): object {
    const job = this.#find(owner, id);
    this.#jobs.delete(job.id);
    job.end ??= { state: 'CANCELLED', at: this.#options.now() };
    job.results?.scratch.close();
    return {};
  }

  /** Downloads the results of a job, `files/batch-ID`, if it has any. */
  download(owner: string, file: string): Answer {
    const job = file.startsWith('batch-') ? this.#jobs.get(file.slice('batch-'.length)) : undefined;
    if (job?.owner !== owner || !hasResults(job, this.#stateOf(job))) {
      throw permissionDenied(
        `You do not have permission to access the File ${file} or it may not exist.`,
      );
    }
    job.results ??= writeResults(job);
    const { scratch, size } = job.results;
    const isCut = this.#options.faults.next('download').has('cut');
    return {
      kind: 'bytes',
      type: 'application/octet-stream',
      chunks: chunksOf(scratch, size),
      size,
      ...(isCut && { cutAt: middleOfARow(scratch, size) }),
    };
  }

  close(): void {
    for (const { results } of this.#jobs.values()) results?.scratch.close();
    this.#jobs.clear();
  }

  #find(owner: string, id: string): Job {
    const job = this.#jobs.get(id);
    if (job?.owner !== owner) throw notFound('Requested entity was not found.');
    return job;
  }

  /** Answers every request of a job, one after the other, until the job is cancelled. */
  async #work(job: Job, inline: readonly BatchRequest[], held?: HeldContent): Promise<void> {
    try {
      for (const { key, json } of held ? requestsIn(held) : inline) {
        if (job.end) return;
        const row = await this.#answer(job, json);
        job.rows.push({ ...(key !== undefined && { key }), row });
      }
      job.isAnswered = true;
    } finally {
      held?.release();
    }
  }

  async #answer(job: Job, json: unknown): Promise<Row> {
    if (job.faults.has('rows') && (job.rows.length + 1) % 3 === 0) {
      return { error: { code: INTERNAL, message: 'Internal error encountered.' } };
    }
    const asked = job.faults.has('schema') ? withoutCamelSchema(json) : json;
    try {
      const response = await this.#options.respond(job.model, asked, job.owner);
      const usageMetadata = {
        ...response.usageMetadata,
        serviceTier: 'SERVICE_TIER_STANDARD',
      };
      return { response: { ...response, usageMetadata } };
    } catch (error) {
      const message = error instanceof ApiError ? error.message : 'Internal error encountered.';
      return { error: { code: error instanceof ApiError ? INVALID : INTERNAL, message } };
    }
  }

  #stateOf(job: Job): State {
    if (job.end) return job.end.state;
    const elapsed = this.#options.now() - job.createdAt;
    const { batchMs } = this.#options;
    if (elapsed < batchMs * PENDING_SHARE) return 'PENDING';
    if (elapsed < batchMs || !job.isAnswered) return 'RUNNING';
    const state = job.faults.has('expired')
      ? 'EXPIRED'
      : job.faults.has('failed')
        ? 'FAILED'
        : 'SUCCEEDED';
    job.end = { state, at: this.#options.now() };
    return state;
  }

  /** A job as `get` and `list` show it. */
  #look(job: Job): object {
    const state = this.#stateOf(job);
    if (job.end) job.looks += 1;
    return this.#describe(job, state);
  }

  #describe(job: Job, state: State): object {
    const name = `batches/${job.id}`;
    const isLate = job.faults.has('late') && job.looks <= LATE_LOOKS;
    const output = hasResults(job, state) && !isLate ? outputOf(job) : undefined;
    const updated = timestamp(job.end?.at ?? job.createdAt);
    return {
      name,
      metadata: {
        '@type': TYPE,
        model: `models/${job.model}`,
        ...(job.displayName && { displayName: job.displayName }),
        ...(job.fileName !== undefined && { inputConfig: { fileName: job.fileName } }),
        ...(output && { output }),
        createTime: timestamp(job.createdAt),
        ...(job.end && { endTime: updated }),
        updateTime: updated,
        batchStats: statsOf(job, state),
        state: `BATCH_STATE_${state}`,
        name,
      },
      ...(job.end && { done: true }),
      ...(output && { response: { '@type': `${TYPE}Output`, ...output } }),
      ...(job.end &&
        state !== 'SUCCEEDED' && {
          error: { code: INTERNAL, message: `Batch ${job.id} failed without error.` },
        }),
    };
  }
}

function* requestsIn(held: HeldContent): Generator<BatchRequest, void, void> {
  for (const line of linesOf(held)) yield requestOf(line);
}

/** Real cancelled jobs were seen both with and without the rows that were answered. */
function hasResults(job: Job, state: State): boolean {
  return state === 'SUCCEEDED' || (state === 'CANCELLED' && job.faults.has('partial'));
}

function outputOf(job: Job): object {
  if (job.fileName !== undefined) return { responsesFile: `files/batch-${job.id}` };
  const inlinedResponses = rowsOf(job).map(({ key, row }) => ({
    ...row,
    ...(key !== undefined && { metadata: { key } }),
  }));
  return { inlinedResponses: { inlinedResponses } };
}

/** Zeros are left out, as everywhere in Google's JSON. */
function statsOf(job: Job, state: State): object {
  const { requestCount } = job;
  if (state === 'PENDING' || state === 'RUNNING') {
    return { requestCount: String(requestCount), pendingRequestCount: String(requestCount) };
  }
  const failed = job.rows.filter(({ row }) => 'error' in row).length;
  const counts = {
    requestCount,
    successfulRequestCount: state === 'SUCCEEDED' ? job.rows.length - failed : 0,
    failedRequestCount: failed,
  };
  return Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [[name, String(count)]] : [])),
  );
}

/** The rows of the results, after the job's faults. */
function rowsOf({ rows, faults, end }: Job): Job['rows'] {
  let shown = [...rows];
  if (end?.state === 'CANCELLED') shown = shown.slice(0, Math.ceil(shown.length / 2));
  if (faults.has('missing')) shown.pop();
  const [first] = shown;
  if (faults.has('doubled') && first) {
    shown.push({ ...first, row: { error: { code: INTERNAL, message: 'A second row.' } } });
  }
  return faults.has('unordered') ? shown.reverse() : shown;
}

function writeResults(job: Job): { scratch: Scratch; size: number } {
  const scratch = createScratch();
  let size = 0;
  for (const { key, row } of rowsOf(job)) {
    const line = Buffer.from(`${JSON.stringify({ ...row, ...(key !== undefined && { key }) })}\n`);
    scratch.write(line, size);
    size += line.length;
  }
  return { scratch, size };
}

function* chunksOf(scratch: Scratch, size: number): Generator<Buffer, void, void> {
  for (let at = 0; at < size; at += DOWNLOAD_CHUNK) {
    yield scratch.readAt(at, Math.min(DOWNLOAD_CHUNK, size - at));
  }
}

/** Where the half of the bytes is, or a little before it if a row ends there. */
function middleOfARow(scratch: Scratch, size: number): number {
  const half = Math.floor(size / 2);
  const isEnd = scratch.readAt(Math.max(0, half - 2), 2).includes(LINE_FEED);
  return isEnd ? Math.max(0, half - 9) : half;
}

function withoutCamelSchema(json: unknown): unknown {
  if (!isObject(json) || !isObject(json.generationConfig)) return json;
  const { responseJsonSchema, responseMimeType, ...rest } = json.generationConfig;
  return responseJsonSchema === undefined ? json : { ...json, generationConfig: rest };
}

function overQuota(limit: string, model: string): ApiError {
  return new ApiError(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.\n' +
      `* Quota exceeded for metric: generativelanguage.googleapis.com/batch_requests, ${limit}${model}`,
  );
}

function queueFull(): ApiError {
  return new ApiError(
    429,
    'RESOURCE_EXHAUSTED',
    'Resource has been exhausted (e.g. check quota).',
    [
      {
        '@type': 'type.googleapis.com/google.rpc.Help',
        links: [
          {
            description: 'Learn more about Gemini API quotas',
            url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
          },
        ],
      },
    ],
  );
}

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function newId(): string {
  return Array.from({ length: ID_LENGTH }, () =>
    ID_CHARACTERS.charAt(randomInt(ID_CHARACTERS.length)),
  ).join('');
}
