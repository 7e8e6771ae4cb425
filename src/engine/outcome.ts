import { GeminiImageError } from '../domain/error.js';
import {
  type Answer,
  errorRecord,
  type FailedRecord,
  type OkRecord,
  type TogetherFailedRecord,
  type TogetherOkRecord,
} from '../domain/record.js';
import { billOf } from '../domain/usage.js';
import type { ImageReference } from '../images/find/reference.js';
import { isUnreachable, isUntrusted } from '../network/network-error.js';
import type { Charge } from './budget.js';

/** What came of a question: its record and, where it failed, the error behind it. */
export type Outcome<Data = unknown> = Done<Data> | Failed;

interface Done<Data> {
  record: OkRecord<Data> | TogetherOkRecord<Data>;
  /** The picture, where it is one. */
  picture?: ImageReference;
  /** The path of the file of its own that the answer goes to. */
  sidecar?: string | undefined;
  error?: undefined;
  tookMs?: undefined;
}

interface Failed {
  record: FailedRecord | TogetherFailedRecord;
  error: GeminiImageError;
  /** From the first byte read to the failure, retries and waits included, where that was measured. */
  tookMs?: number;
}

/**
 * The outcome of a question that failed.
 *
 * @param about what was asked about.
 * @throws the error where it is not one question's own: the run was called off, or it is a bug.
 */
export function failure(
  about: { image: string } | { images: readonly { image: string }[] },
  error: unknown,
): Failed {
  if (!(error instanceof GeminiImageError)) throw error;
  if (error.kind === 'interrupted' || error.kind === 'internal') throw error;
  const record = { ...about, status: 'failed' as const, error: errorRecord(error) };
  return { record: { ...record, ...billOf(error) }, error };
}

/** What an attempt is to be charged with, by what came of it; nothing came where none was made. */
export function chargeOf(outcome: Answer | GeminiImageError | undefined): Charge {
  if (outcome === undefined) return 'nothing';
  const { usage, costUsd } = outcome;
  if (usage) return { usage, ...(costUsd !== undefined && { costUsd }) };
  if (!(outcome instanceof GeminiImageError) || outcome.kind === 'answer') return 'unknown';
  // The service says no for nothing; whether it had answered what broke on the way, nobody knows.
  const isLost = outcome.kind === 'service' && outcome.httpStatus === undefined;
  return isLost && !isUnreachable(outcome) && !isUntrusted(outcome) ? 'unknown' : 'nothing';
}

/** An error that says which picture it is about, where nothing around it does. */
export function naming(label: string, error: unknown): unknown {
  if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') return error;
  return error.with({ message: `${label}: ${error.message}` });
}
