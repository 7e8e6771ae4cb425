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

/** A finished answer that does not keep to what was asked, and is asked for once more. */
export interface AskedAgain {
  /** What is wrong with it. */
  problem: string;
}

/** A wait of all calls of a run. */
export interface Pause {
  delayMs: number;
  /** What the service answered. */
  error: GeminiImageError;
}

/** How far a run over several pictures is. */
export interface Progress {
  /** Pictures that were described in this run. */
  described: number;
  /** Pictures that had been described before. */
  skipped: number;
  failed: number;
  /** All pictures of the run, those skipped included; absent until all are found. */
  total?: number;
  /** What the answers cost so far; absent where no price is known. */
  costUsd?: number;
}

/** What the user should know although a picture can be used. */
export interface Notice {
  message: string;
  /** Notices of one topic say the same about many pictures; the terminal shows the first. */
  topic?: 'converted' | 'stays' | 'kept' | 'lost' | 'preview' | 'pages' | 'storage';
}

/** What happens on the way to an answer; the terminal is one listener, a program may be another. */
export type CaptionEvent =
  | ({ type: 'warning'; image: string } & Notice)
  | ({ type: 'retry'; image: string } & Retry)
  | ({ type: 'again'; image: string } & AskedAgain)
  /** A picture that is too large for a request is uploaded first. */
  | { type: 'upload'; image: string; bytes: number };

/** The same of a run over several pictures. */
export type RunEvent =
  | CaptionEvent
  /** No call of the run begins for a while, since the service asks for less. */
  | ({ type: 'pause' } & Pause);

export type CaptionListener = (event: CaptionEvent) => void;
