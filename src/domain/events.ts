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

/** What the user should know although a picture can be used. */
export interface Notice {
  message: string;
  /** Notices of one topic say the same about many pictures; the terminal shows the first. */
  topic?: 'converted' | 'stays' | 'kept' | 'lost';
}

/** What happens on the way to an answer; the terminal is one listener, a program may be another. */
export type CaptionEvent =
  | ({ type: 'warning'; image: string } & Notice)
  | ({ type: 'retry'; image: string } & Retry)
  /** A picture that is too large for a request is uploaded first. */
  | { type: 'upload'; image: string; bytes: number };

export type CaptionListener = (event: CaptionEvent) => void;
