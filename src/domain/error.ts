import { constants } from 'node:os';
import { type ErrorKind, endsRun, type Failure, isPassing } from './error-policy.js';
import type { Tier } from './model-settings.js';
import type { StyleAnswers } from './style-answers.js';
import type { Usage } from './usage.js';

export type { ErrorKind } from './error-policy.js';

export interface ErrorFacts extends Failure {
  /** What happened, in one sentence without the file's name and without a full stop. */
  message: string;
  /** What to do next, if there is something. */
  hint?: string | undefined;
  /** Tokens of a failed answer that was billed all the same. */
  usage?: Usage | undefined;
  /** The service tier that served it, if it said so. */
  tier?: Tier | undefined;
  /** The model that was billed, if it said so. */
  model?: string | undefined;
  /** What was billed, in US dollars; absent if no price is known. */
  costUsd?: number | undefined;
  /** The API's word for how a failed answer ended. */
  finishReason?: string | undefined;
  /** The text before the model stopped, or one that is not what was asked for. */
  partialText?: string | undefined;
  /** Of several styles, the answers that were right although another one stayed wrong. */
  partialAnswers?: StyleAnswers | undefined;
  /** By style, what is wrong with the other answers. */
  wrongAnswers?: Readonly<Record<string, string>> | undefined;
  /** Why an answer or a prompt was blocked for safety. */
  safety?: Readonly<{ category: string; probability: string }> | undefined;
  cause?: unknown;
}

/** What JSON shows of an error, in this order; absent facts leave no trace. */
const SHOWN = [
  ...(['name', 'kind', 'message', 'hint', 'httpStatus', 'retryable', 'retryAfterMs'] as const),
  ...(['finishReason', 'partialText', 'safety', 'usage', 'model', 'tier', 'costUsd'] as const),
] as const;

/** The one error class of the tool and of the library: facts first, words for people last. */
export class GeminiImageError extends Error {
  override readonly name = 'GeminiImageError';
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly reason: Failure['reason'];
  readonly about: Failure['about'];
  readonly lasts: boolean | undefined;
  readonly httpStatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later without any change, by the policy. */
  readonly retryable: boolean;
  /** Whether every other call of the run would fail for the same reason, by the policy. */
  readonly endsRun: boolean;
  readonly usage: Usage | undefined;
  readonly tier: Tier | undefined;
  readonly model: string | undefined;
  readonly costUsd: number | undefined;
  readonly finishReason: string | undefined;
  readonly partialText: string | undefined;
  readonly partialAnswers: StyleAnswers | undefined;
  readonly wrongAnswers: ErrorFacts['wrongAnswers'];
  readonly safety: ErrorFacts['safety'];

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.hint = facts.hint;
    this.reason = facts.reason;
    this.about = facts.about;
    this.lasts = facts.lasts;
    this.httpStatus = facts.httpStatus;
    this.retryAfterMs = facts.retryAfterMs;
    this.retryable = isPassing(facts);
    this.endsRun = endsRun(facts);
    this.usage = facts.usage;
    this.tier = facts.tier;
    this.model = facts.model;
    this.costUsd = facts.costUsd;
    this.finishReason = facts.finishReason;
    this.partialText = facts.partialText;
    this.partialAnswers = facts.partialAnswers;
    this.wrongAnswers = facts.wrongAnswers;
    this.safety = facts.safety;
  }

  /**
   * What JSON holds of it: `message`, which is not among an error's own fields, and the facts, but
   * not the cause.
   */
  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(SHOWN.map((name) => [name, this[name]]));
  }

  /** The same error with some facts changed. */
  with(facts: Partial<ErrorFacts>): GeminiImageError {
    const { message, cause, stack = '' } = this;
    const changed = new GeminiImageError({ ...this, message, cause, ...facts });
    // It keeps the stack of the first one.
    const [frames = ''] = /^ {4}at [\s\S]*/m.exec(stack) ?? [];
    changed.stack = `${changed.name}: ${changed.message}\n${frames}`;
    return changed;
  }
}

/** The error for a flag, a setting or an output that cannot be used as given. */
export function usageError(message: string, hint?: string, cause?: unknown): GeminiImageError {
  return calledFrom(usageError, new GeminiImageError({ kind: 'usage', message, hint, cause }));
}

/** The error for a picture that cannot be used. */
export function inputError(message: string, hint?: string, cause?: unknown): GeminiImageError {
  return calledFrom(inputError, new GeminiImageError({ kind: 'input', message, hint, cause }));
}

/** Makes the stack begin at the caller of the function that made the error, for `--debug`. */
function calledFrom(made: typeof usageError, error: GeminiImageError): GeminiImageError {
  Error.captureStackTrace(error, made);
  return error;
}

/** The error for a run that its caller called off. */
export function interrupted(caller?: { readonly reason: unknown }): GeminiImageError {
  return new GeminiImageError({
    kind: 'interrupted',
    message: 'interrupted',
    cause: caller?.reason,
  });
}

/** Whether work failed only because its caller called it off. */
export function isInterrupted(error: unknown): error is GeminiImageError {
  return error instanceof GeminiImageError && error.kind === 'interrupted';
}

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** What Node says for an error of the system that it has no name for, such as EDQUOT or ESTALE. */
const UNNAMED = /Unknown system error -(\d+)/g;

/** The code of an error of the system, such as ENOENT; undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? withErrorNames(error.code)
    : undefined;
}

/** A text of Node's, with names in place of the error numbers in it. */
export function withErrorNames(text: string): string {
  return text.replace(UNNAMED, (whole, number) => names.get(Number(number)) ?? whole);
}
