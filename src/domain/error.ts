import { constants } from 'node:os';
import type { Usage } from './usage.js';

/**
 * Every way a run can go wrong, named as users see it in records and exit codes.
 * `docs/exit-codes.md` says when each one is used.
 */
export type ErrorKind =
  | 'usage'
  | 'input'
  | 'auth'
  | 'quota'
  | 'service'
  | 'answer'
  | 'pending'
  | 'internal'
  | 'interrupted';

export interface ErrorFacts {
  kind: ErrorKind;
  /** What happened, in one sentence without the file's name and without a full stop. */
  message: string;
  /** What to do next, where there is something. */
  hint?: string | undefined;
  /** Whether the same request may succeed later without any change. */
  retryable?: boolean | undefined;
  httpStatus?: number | undefined;
  /** How long the server asked to wait before the next attempt, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Whether every other call of the run would fail for the same reason: no use in going on. */
  endsRun?: boolean | undefined;
  /** Tokens of an answer that was billed although it is none. */
  usage?: Usage | undefined;
  /** The model that was billed, where it said so. */
  model?: string | undefined;
  /** What was billed, in US dollars; absent where no price is known. */
  costUsd?: number | undefined;
  /** The API's word for how an answer ended that is none. */
  finishReason?: string | undefined;
  /** What the model had said before it stopped, or said against what was asked. */
  partialText?: string | undefined;
  cause?: unknown;
}

/** The one error class of the tool and of the library: facts first, words for people last. */
export class GeminiImageError extends Error {
  override readonly name = 'GeminiImageError';
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly httpStatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly endsRun: boolean;
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
  readonly costUsd: number | undefined;
  readonly finishReason: string | undefined;
  readonly partialText: string | undefined;

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.hint = facts.hint;
    this.retryable = facts.retryable ?? false;
    this.httpStatus = facts.httpStatus;
    this.retryAfterMs = facts.retryAfterMs;
    this.endsRun = facts.endsRun ?? false;
    this.usage = facts.usage;
    this.model = facts.model;
    this.costUsd = facts.costUsd;
    this.finishReason = facts.finishReason;
    this.partialText = facts.partialText;
  }

  /** The same error with some facts changed. */
  with(facts: Partial<ErrorFacts>): GeminiImageError {
    const { message, cause, stack = '' } = this;
    const changed = new GeminiImageError({ ...this, message, cause, ...facts });
    // It comes from where the first one came from.
    const [frames = ''] = /^ {4}at [\s\S]*/m.exec(stack) ?? [];
    changed.stack = `${changed.name}: ${changed.message}\n${frames}`;
    return changed;
  }
}

/** The error of a call that cannot be made as it was asked for. */
export function usageError(message: string, hint?: string): GeminiImageError {
  return new GeminiImageError({ kind: 'usage', message, hint });
}

/** The error of a run that its caller called off. */
export function interrupted(caller?: AbortSignal): GeminiImageError {
  return new GeminiImageError({
    kind: 'interrupted',
    message: 'interrupted',
    cause: caller?.reason,
  });
}

/** Whether work failed only since its caller called it off. */
export function isInterrupted(error: unknown): error is GeminiImageError {
  return error instanceof GeminiImageError && error.kind === 'interrupted';
}

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** How Node calls an error of the system that it has no name for, such as EDQUOT and ESTALE. */
const UNNAMED = /Unknown system error -(\d+)/g;

/** The code of an error of the system, such as ENOENT; undefined where it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? withErrorNames(error.code)
    : undefined;
}

/** A text of Node's with the names of errors that it gives as numbers. */
export function withErrorNames(text: string): string {
  return text.replace(UNNAMED, (whole, number) => names.get(Number(number)) ?? whole);
}
