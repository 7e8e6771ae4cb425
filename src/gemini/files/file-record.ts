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
  /** When the service removes it, in ISO 8601; undefined if it does not say. */
  expires: string | undefined;
  /** PROCESSING, ACTIVE, FAILED, or a state that is still unknown. */
  state: string;
  /** Why it failed, in the service's words. */
  reason: string;
}

/** Names become parts of URLs, so they may hold nothing else. */
const FILE_NAME = /^files\/[\w-]+$/;

/**
 * Reads a file record, by itself or as the `file` of an upload's reply.
 *
 * @returns undefined if there is no file that a question could refer to.
 */
export function readFileRecord(value: unknown): FileRecord | undefined {
  if (!isObject(value)) return undefined;
  const file = isObject(value.file) ? value.file : value;
  const name = asText(file.name);
  const uri = asText(file.uri);
  if (name === undefined || uri === undefined || !FILE_NAME.test(name)) return undefined;
  const reason = isObject(file.error) ? asText(file.error.message) : undefined;
  const words = oneLine(reason ?? '').replace(/\.$/, '');
  const expires = asText(file.expirationTime);
  return { name, uri, expires, state: asText(file.state) ?? '', reason: words };
}

/** What every call of the Files API needs. */
export interface FilesContext {
  rest: Rest;
  baseUrl: string;
  /** How long the service may process an uploaded file. */
  timeoutMs: number;
  retries: number;
  clock?: Clock;
}

/** A file to upload: a picture, or the questions of a batch job. */
export interface UploadPicture {
  readonly content: Content;
  readonly mimeType: string;
}

export type UploadEvent =
  | AnswerEvent<'retry'>
  /** The service may still have a copy, until it expires after 48 hours. */
  | { type: 'copyLeft' };

export interface UploadOptions {
  signal?: AbortSignal | undefined;
  tell?: ((event: UploadEvent) => void) | undefined;
}
