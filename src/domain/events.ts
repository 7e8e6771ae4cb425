import type { GeminiImageError } from './error.js';

/** A wait before a request is repeated. */
export interface Retry {
  /** The attempt that will follow: 2 is the first repetition. */
  attempt: number;
  maxAttempts: number;
  delayMs: number;
  /** Why the last attempt failed. */
  error: GeminiImageError;
}

/** What happens on the way to an answer; the terminal is one listener, a program may be another. */
export type CaptionEvent =
  | { type: 'warning'; image: string; message: string }
  | ({ type: 'retry'; image: string } & Retry);

export type CaptionListener = (event: CaptionEvent) => void;
