import type { Content } from '../../domain/content.js';
import type { Clock, RetrySettings } from '../../network/retry.js';
import type { Rest } from '../rest.js';

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

export interface UploadOptions {
  signal?: AbortSignal | undefined;
  onRetry?: RetrySettings['onRetry'];
  /** Told that a copy may stay with the service until it expires, after 48 hours. */
  onCopyLeft?: (() => void) | undefined;
}
