import type { GeminiImageError } from '../../domain/error.js';
import type { TellOfAnswer } from '../../domain/events.js';
import type { Question } from '../../domain/question.js';
import type { Answer } from '../../domain/record.js';
import type { Expected } from '../answer.js';
import type { ClientSettings } from '../client.js';
import type { BatchJob } from './batch-job.js';

export type BatchClientSettings = Pick<
  ClientSettings,
  'apiKey' | 'baseUrl' | 'proxy' | 'timeoutMs' | 'retries' | 'store' | 'pricesAt' | 'clock'
>;

export interface CallOptions {
  /** Ends a call, and every wait for another attempt. */
  signal?: AbortSignal | undefined;
  tell?: TellOfAnswer<'retry'> | undefined;
}

/**
 * Where a file of questions ends. It ends earlier if a job with more input tokens would never be
 * taken for the model.
 */
export interface InputLimits {
  /** A single question that is larger is taken all the same, up to 2 GB. */
  bytes: number;
  requests: number;
  model: string;
}

/** A file of questions that is being written: one line of JSON for each. */
export interface BatchInput {
  /**
   * Adds a question, unless the file would then be above its limits. Pictures pass through in
   * pieces. One call at a time.
   *
   * @returns whether it was added. If not, nothing was written, and it belongs into the next file.
   * @throws GeminiImageError of kind `input` if a picture can no longer be read (the file is as it
   *   was before), and what the file system says if the file cannot be written.
   */
  add(key: string, question: Omit<Question, 'model'>): Promise<boolean>;
  /** What the file has so far. */
  readonly size: InputSize;
  /** Writes what is left, and closes the file. */
  close(): Promise<InputSize>;
  /** Closes and removes the file. */
  discard(): Promise<void>;
}

export interface InputSize {
  bytes: number;
  requests: number;
  /** An estimate. */
  inputTokens: number;
}

/** A file of questions at the service. */
export interface UploadedInput {
  /** `files/` and an id. */
  name: string;
  /** When the service removes it, in ISO 8601; 48 hours after the upload. */
  expires: string;
}

export type Creation =
  | { outcome: 'created'; job: BatchJob }
  /** There is no job. The same call may succeed some minutes later. */
  | { outcome: 'queue full'; error: GeminiImageError }
  /** The reply was lost: look for the job in the list before another call. */
  | { outcome: 'in doubt'; error: GeminiImageError };

/** One row of a job's results. */
export interface BatchRow {
  /** Absent if the row has none: then its place tells which question it answers. */
  key?: string;
  /** Its place, from 0 on. */
  place: number;
  /**
   * The finished answer, or why there is none, as of a question that was asked by itself; `costUsd`
   * is at the price of batches. `error.retryable` says whether it failed for a passing reason.
   */
  result: Answer | GeminiImageError;
}

/** How the rows of a job are read. */
export interface ReadRows {
  /** The model that was asked. */
  model: string;
  /** What is known of the question of a row. */
  expect?: ((key: string | undefined) => Expected) | undefined;
  /** The day whose prices apply: that on which the job ended. */
  pricesAt?: Date | undefined;
  signal?: AbortSignal | undefined;
}

/** The Batch API: jobs of many questions at half the price. Texts of errors never hold the key. */
export interface BatchClient {
  /**
   * Creates a file of questions on this machine. It must not exist.
   *
   * `store: false` goes with each question unless the settings allow storage; a schema goes in the
   * form that batches keep to; the tier is left out.
   */
  openInput(path: string, limits: InputLimits): Promise<BatchInput>;

  /**
   * Uploads a file of questions, and goes on where a broken connection left off.
   *
   * @throws GeminiImageError; nothing of it is left with the service, or a `copyLeft` event says
   *   that something may be.
   */
  upload(
    path: string,
    options?: CallOptions & { onCopyLeft?: (() => void) | undefined },
  ): Promise<UploadedInput>;

  /**
   * Creates a job, once: a repetition might make a second one, which would be paid too.
   *
   * @param request.displayName unique, and on disk before the call, so that the job can be found.
   * @throws GeminiImageError if no job was created, and none will be by the same call; of kind
   *   `interrupted` if the call was broken off, and then there may be a job.
   */
  create(
    request: { model: string; displayName: string; inputFile: string },
    options?: CallOptions,
  ): Promise<Creation>;

  /** @throws GeminiImageError of kind `usage` if there is no such job for this key's project. */
  get(name: string, options?: CallOptions): Promise<BatchJob>;

  /** Every job of the key's project, the newest first. */
  list(options?: CallOptions): AsyncGenerator<BatchJob, void, void>;

  /**
   * Asks the service to end a job. The job is not final at once, and may still have results. A job
   * that is final stays as it is.
   */
  cancel(name: string, options?: CallOptions): Promise<void>;

  /**
   * Removes a job with its results. It does not end the job, which goes on and is billed.
   *
   * @throws GeminiImageError of kind `usage` if there is no such job for this key's project.
   */
  delete(name: string, options?: CallOptions): Promise<void>;

  /** Removes an uploaded file, in three seconds at most. It never rejects. */
  deleteInput(name: string): Promise<boolean>;

  /**
   * Downloads the results of a job to a file, which must not exist. The file appears whole or not
   * at all: `<path>.part` is what is on its way.
   */
  download(job: BatchJob, path: string, options?: CallOptions): Promise<void>;

  /** The rows of downloaded results in the order of the file, with few of them in memory. */
  rows(path: string, options: ReadRows): AsyncGenerator<BatchRow, void, void>;
}
