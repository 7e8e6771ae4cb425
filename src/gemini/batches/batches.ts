import { open } from 'node:fs/promises';
import { GeminiImageError, usageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { whyUnread } from '../../domain/system-errors.js';
import { openConnection } from '../../network/connection.js';
import type { RetrySettings } from '../../network/retry.js';
import { oneLine } from '../../network/text.js';
import { batchRefusal, refusalOf } from '../errors/batch-refusal.js';
import { deleteFile } from '../files/delete-file.js';
import type { FilesContext } from '../files/file-record.js';
import { uploadFile } from '../files/files.js';
import { asArray, asText } from '../json.js';
import { keyHider, keyRedactor, withoutSecrets } from '../key.js';
import { type RestRequest, repeatedly, restOf } from '../rest.js';
import type { BatchClient, BatchClientSettings, CallOptions } from './batch-client.js';
import { openBatchInput } from './batch-input.js';
import { type BatchJob, isJobName, readJob } from './batch-job.js';
import { downloadTo, writeRows } from './download.js';
import { inputContent } from './input-content.js';
import { readRows } from './result-rows.js';

/** The service checks every line of the file before it replies. */
const CREATE_MS = 600_000;

/** Few, since a job whose questions were inside the call has its answers inside too. */
const PAGE_SIZE = 10;

/** How long a job with such answers may be, in bytes. */
const MOST_JOB_BYTES = 256 * 1_048_576;

/** How long the service keeps an uploaded file. */
const FILE_LIFE_MS = 48 * 3_600_000;

/** Creates a client for batch jobs; it connects with the first call. */
export function createBatchClient(settings: BatchClientSettings): BatchClient {
  const { apiKey, baseUrl, timeoutMs, retries, store = false, clock } = settings;
  const server = openConnection(baseUrl, settings.proxy);
  const redact = keyRedactor(apiKey);
  const hider = keyHider(apiKey);
  const rest = restOf(server, apiKey, timeoutMs, redact);
  const slowRest = restOf(server, apiKey, Math.max(timeoutMs, CREATE_MS), redact);
  const files: FilesContext = { rest, baseUrl, timeoutMs, retries, ...(clock && { clock }) };
  const api = `${baseUrl}/v1beta`;

  /** Of an upload that went well, for the next one. */
  let spare: Buffer | undefined;

  const ladder = ({ signal, tell }: CallOptions): RetrySettings => ({
    ...{ retries, signal, tell },
    ...(clock && { clock }),
  });
  const safely = (error: unknown): never => {
    throw withoutSecrets(error, redact);
  };

  /** Makes a call about a job, which is repeated while that makes sense. */
  async function callJob(
    name: string,
    request: Omit<RestRequest, 'signal' | 'mostBytes'>,
    options: CallOptions = {},
    action = '',
  ): Promise<unknown> {
    if (!isJobName(name)) throw noName(name);
    const { value } = await repeatedly(ladder(options), () =>
      rest(`${api}/${name}${action}`, {
        ...request,
        mostBytes: MOST_JOB_BYTES,
        signal: options.signal,
      }),
    ).catch((error: unknown) => {
      throw isMissing(error) ? noSuchJob(error, name) : error;
    });
    return value;
  }

  const client: BatchClient = {
    openInput: (path, limits) => openBatchInput(path, limits, store),

    async upload(path, options = {}) {
      const { onCopyLeft, signal, tell } = options;
      const file = await open(path).catch((error: unknown) => {
        throw usageError(`${path} cannot be read: ${whyUnread(error)}`, undefined, error);
      });
      try {
        const memory = spare;
        spare = undefined;
        const content = await inputContent(file, path, memory);
        const started = Date.now();
        const uploaded = await uploadFile(
          files,
          { content, mimeType: 'application/jsonl' },
          {
            signal,
            tell: (event) => (event.type === 'copyLeft' ? onCopyLeft?.() : tell?.(event)),
          },
          'file of questions',
        ).catch(safely);
        spare = content.memory;
        const { name, expires = new Date(started + FILE_LIFE_MS).toISOString() } = uploaded;
        return { name, expires };
      } finally {
        await file.close();
      }
    },

    async create({ model, displayName, inputFile }, { signal, tell } = {}) {
      const body = JSON.stringify({ batch: { displayName, inputConfig: { fileName: inputFile } } });
      const url = `${api}/models/${model}:batchGenerateContent`;
      const headers = { 'content-type': 'application/json' };
      const createOnce = async () => {
        try {
          const { value } = await slowRest(url, { method: 'POST', headers, body, signal });
          return { outcome: 'created', job: readJob(value) } as const;
        } catch (error) {
          if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') throw error;
          const refusal = refusalOf(error);
          // Only a call that did not reach the service is repeated: no job can have come of it.
          if (refusal === 'not sent') throw error;
          const told = batchRefusal(error, model);
          if (refusal === 'final') throw told;
          return { outcome: refusal, error: told } as const;
        }
      };
      return repeatedly(ladder({ signal, tell }), createOnce);
    },

    async get(name, options) {
      return readJob(await callJob(name, { method: 'GET' }, options));
    },

    async *list(options = {}) {
      const { signal } = options;
      for (let token: string | undefined = ''; token !== undefined; ) {
        const query = new URLSearchParams({ pageSize: String(PAGE_SIZE) });
        if (token !== '') query.set('pageToken', token);
        const url = `${api}/batches?${query}`;
        const { value } = await repeatedly(ladder(options), () =>
          rest(url, { method: 'GET', mostBytes: MOST_JOB_BYTES, signal }),
        );
        const page: Readonly<Record<string, unknown>> = isObject(value) ? value : {};
        // One entry that cannot be read must not hide the others.
        for (const entry of asArray(page.operations)) {
          const job = jobIn(entry);
          if (job) yield job;
        }
        const next = asText(page.nextPageToken);
        token = next === token ? undefined : next;
      }
    },

    async cancel(name, options) {
      const headers = { 'content-type': 'application/json' };
      try {
        await callJob(name, { method: 'POST', headers, body: '{}' }, options, ':cancel');
      } catch (error) {
        // A job that is final already cannot be cancelled, and need not be.
        const isRefused = error instanceof GeminiImageError && error.httpStatus === 400;
        if (!isRefused || !(await client.get(name, options)).isFinal) throw error;
      }
    },

    async delete(name, options) {
      await callJob(name, { method: 'DELETE' }, options);
    },

    deleteInput: (name) => deleteFile(files, { name }),

    async download({ name, results }, path, options = {}) {
      if (!results) throw noResults(name);
      if ('rows' in results) return writeRows(path, results.rows);
      const url = `${baseUrl}/download/v1beta/${results.file}:download?alt=media`;
      await downloadTo({ server, apiKey, timeoutMs }, url, path, ladder(options)).catch(safely);
    },

    rows: (path, options) => readRows(path, options, hider, redact),
  };
  return client;
}

function jobIn(entry: unknown): BatchJob | undefined {
  try {
    return readJob(entry);
  } catch {
    return undefined;
  }
}

/** With another project's key, a job answers 403 or 404. */
function isMissing(error: unknown): error is GeminiImageError {
  if (!(error instanceof GeminiImageError)) return false;
  const { httpStatus, message, kind } = error;
  if (httpStatus === 404) return true;
  return httpStatus === 403 && (kind !== 'auth' || NOT_YOURS.test(message));
}

const NOT_YOURS = /\bpermission to access\b|\bmay not exist\b|\bcaller does not have permission\b/i;

function noSuchJob(error: GeminiImageError, name: string): GeminiImageError {
  const { httpStatus } = error;
  return error.with({
    kind: 'usage',
    reason: undefined,
    about: 'question',
    message: `there is no job ${name} for this key (${httpStatus})`,
    hint: 'It was deleted, or it belongs to the project of another key: see gemini-image batch list.',
  });
}

function noName(name: string): GeminiImageError {
  return usageError(
    `${JSON.stringify(oneLine(name))} is no name of a job`,
    'Jobs have names such as batches/abc123: see gemini-image batch list.',
  );
}

function noResults(name: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'pending',
    message: `the results of ${name} are not there yet`,
    hint: 'Run the same command again in a few minutes.',
  });
}
