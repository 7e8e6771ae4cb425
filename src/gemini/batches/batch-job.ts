import { GeminiImageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { oneLine, shorten } from '../../network/text.js';
import { asArray, asText } from '../json.js';

/**
 * How far a job is. `succeeded` says only that it is finished: each of its rows may have failed.
 * Of the last three, a job may have no results, some or all.
 */
export type BatchState = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

/** A job of the Batch API, as the service describes it. */
export interface BatchJob {
  /** `batches/` and an id. */
  readonly name: string;
  readonly state: BatchState;
  /** Whether the state is final. */
  readonly isFinal: boolean;
  /** What its creator called it; empty if it has no name. */
  readonly displayName: string;
  /** Without `models/`. */
  readonly model: string | undefined;
  /** How many questions it has, if the service says so. The service shows no progress. */
  readonly requests: number | undefined;
  /** In ISO 8601, as the times below. */
  readonly created: string | undefined;
  readonly ended: string | undefined;
  /** The uploaded file with its questions, `files/` and an id, if the service says so. */
  readonly inputFile: string | undefined;
  /**
   * Where its answers are. A job may have succeeded a little before they can be fetched: then this
   * is undefined, and the job must be looked at again.
   */
  readonly results: BatchResults | undefined;
  /** What the service says about a job that did not succeed. */
  readonly problem: string | undefined;
}

export type BatchResults =
  /** A file of the service, `files/batch-` and an id. */
  | { readonly file: string }
  /** Rows inside the job: that of a job whose questions were inside the call that created it. */
  | { readonly rows: readonly unknown[] };

const JOB_NAME = /^batches\/[\w-]+$/;
const RESULTS_NAME = /^files\/[\w-]+$/;

/** Whether a text is the name of a job, which may become part of a URL. */
export function isJobName(text: string): boolean {
  return JOB_NAME.test(text);
}

/** The states by their names on the wire, without `BATCH_STATE_` or `JOB_STATE_`. */
const states: ReadonlyMap<string, BatchState> = new Map([
  ['QUEUED', 'pending'],
  ['PENDING', 'pending'],
  ['RUNNING', 'running'],
  ['SUCCEEDED', 'succeeded'],
  ['PARTIALLY_SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'cancelled'],
  ['EXPIRED', 'expired'],
]);

/**
 * Reads a job.
 *
 * @throws GeminiImageError of kind `service` if it is none.
 */
export function readJob(value: unknown): BatchJob {
  const metadata = isObject(value) && isObject(value.metadata) ? value.metadata : {};
  const name = isObject(value) ? (asText(value.name) ?? asText(metadata.name)) : undefined;
  if (!isObject(value) || name === undefined || !isJobName(name)) throw noJob();
  const results = readResults(metadata.output) ?? readResults(value.response);
  const isDone = value.done === true;
  const state = stateOf(metadata.state ?? value.state, isDone, isObject(value.error), results);
  const stats = isObject(metadata.batchStats) ? metadata.batchStats : {};
  const input = isObject(metadata.inputConfig) ? metadata.inputConfig : {};
  const words = isObject(value.error) ? asText(value.error.message) : undefined;
  return {
    name,
    state,
    isFinal: state !== 'pending' && state !== 'running',
    displayName: asText(metadata.displayName) ?? '',
    model: asText(metadata.model)?.replace(/^models\//, ''),
    requests: readCount(stats.requestCount),
    created: readTime(metadata.createTime),
    ended: readTime(metadata.endTime),
    inputFile: fileName(input.fileName),
    results,
    problem: words === undefined ? undefined : shorten(oneLine(words).replace(/\.$/, '')),
  };
}

/** An unknown state is taken for one of a job in progress, unless the job says that it is done. */
function stateOf(
  given: unknown,
  isDone: boolean,
  hasFailed: boolean,
  results: BatchResults | undefined,
): BatchState {
  const word = (asText(given) ?? '').toUpperCase().replace(/^(?:BATCH|JOB)_STATE_/, '');
  const state = states.get(word);
  if (state !== undefined && !(isDone && (state === 'pending' || state === 'running'))) {
    return state;
  }
  if (!isDone) return 'running';
  return hasFailed && !results ? 'failed' : 'succeeded';
}

function readResults(output: unknown): BatchResults | undefined {
  if (!isObject(output)) return undefined;
  const file = fileName(output.responsesFile);
  if (file !== undefined) return { file };
  const { inlinedResponses } = output;
  if (!isObject(inlinedResponses)) return undefined;
  return { rows: asArray(inlinedResponses.inlinedResponses) };
}

function fileName(value: unknown): string | undefined {
  const name = asText(value);
  return name !== undefined && RESULTS_NAME.test(name) ? name : undefined;
}

/** Large numbers come as strings, and a zero is left out. */
function readCount(value: unknown): number | undefined {
  const count = typeof value === 'string' ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

function readTime(value: unknown): string | undefined {
  const time = asText(value);
  return time !== undefined && !Number.isNaN(Date.parse(time)) ? time : undefined;
}

function noJob(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    reason: 'not the API',
    message: 'the answer describes no batch job',
    hint: 'Check the base URL and the proxy settings.',
  });
}
