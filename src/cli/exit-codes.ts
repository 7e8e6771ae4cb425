import { exitCodeOf } from '../domain/error-policy.js';
import type { Tally } from '../run/context.js';

export const SUCCESS = 0;
/** Some of several pictures failed. */
export const SOME_FAILED = 3;

/** At least one claim does not hold, and every claim could be judged. */
export const CLAIM_FAILS = 1;

/**
 * A run that ended early exits with the code of its reason. A single failure exits with its own
 * code, and so do several failures of the same kind. For claims, "could not be judged" comes before
 * "does not hold", and a failure that is not the model's comes before both.
 *
 * @param isUnread whether nobody reads the output any more. That is no failure, but claims that
 *   were therefore not judged do not count as holding.
 */
export function exitCode({ produced, failures, claims, ended }: Tally, isUnread = false): number {
  if (ended === 'interrupted' && isUnread) return claims ? exitCodeOf.answer : SUCCESS;
  if (ended !== undefined) return exitCodeOf[ended];
  if (claims && failures.every((kind) => kind === 'answer')) {
    if (claims.unclear > 0 || failures.length > 0) return exitCodeOf.answer;
    return claims.fail > 0 ? CLAIM_FAILS : SUCCESS;
  }
  const [first, ...others] = new Set(failures.map((kind) => exitCodeOf[kind]));
  if (first === undefined) return SUCCESS;
  return produced === 0 && others.length === 0 ? first : SOME_FAILED;
}
