import type { Content } from '../../domain/content.js';
import type { AnswerEvent } from '../../domain/events.js';
import { isObject } from '../../domain/json.js';
import type { Clock } from '../../network/retry.js';
import { oneLine } from '../../network/text.js';
import { asText } from '../json.js';
import type { Rest } from '../rest.js';

/** A file as the service describes it. */
export interface FileRecord {
  name: string;
  uri: string;
  /** PROCESSING, ACTIVE or FAILED, or what is yet to come. */
  state: string;
  /** Why it failed, in the service's words. */
  reason: string;
}

/** Names become parts of URLs, so nothing else may be in them. */
const FILE_NAME = /^files\/[\w-]+$/;

/**
 * Reads a file, by itself or as the `file` of an upload's reply.
 *
 * @returns undefined where there is none that could be referred to.
 */
export function readFileRecord(value: unknown): FileRecord | undefined {
  if (!isObject(value)) return undefined;
  const file = isObject(value.file) ? value.file : value;
  const name = asText(file.name);
  const uri = asText(file.uri);
  if (name === undefined || uri === undefined || !FILE_NAME.test(name)) return undefined;
  const reason = isObject(file.error) ? asText(file.error.message) : undefined;
  const words = oneLine(reason ?? '').replace(/\.$/, '');
  return { name, uri, state: asText(file.state) ?? '', reason: words };
}

/** What every call of the Files API needs. */
export interface FilesContext {
  rest: Rest;
  baseUrl: string;
  /** How long the service may prepare an uploaded file. */
  timeoutMs: number;
  retries: number;
  clock?: Clock;
}

/** A picture that is to be uploaded. */
export interface UploadPicture {
  readonly content: Content;
  readonly mimeType: string;
}

export type UploadEvent =
  | AnswerEvent<'retry'>
  /** A copy may stay with the service until it expires, after 48 hours. */
  | { type: 'copyLeft' };

export interface UploadOptions {
  signal?: AbortSignal | undefined;
  tell?: ((event: UploadEvent) => void) | undefined;
}
