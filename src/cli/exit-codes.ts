import type { Tally } from '../commands/context.js';
import type { ErrorKind } from '../domain/error.js';

/** The exit code of each kind of failure. `docs/exit-codes.md` is compared with this table. */
export const exitCodeOf = {
  usage: 2,
  input: 2,
  auth: 4,
  quota: 5,
  service: 6,
  answer: 7,
  pending: 8,
  internal: 70,
  interrupted: 130,
} as const satisfies Record<ErrorKind, number>;

export const SUCCESS = 0;
/** Of several pictures some failed. */
export const SOME_FAILED = 3;

/** A run that ended early exits with the code of the reason; one failure exits with its own code; of several, all for the same reason, with that code. */
export function exitCode({ produced, failures, ended }: Tally): number {
  if (ended !== undefined) return exitCodeOf[ended];
  const [first, ...others] = new Set(failures.map((kind) => exitCodeOf[kind]));
  if (first === undefined) return SUCCESS;
  return produced === 0 && others.length === 0 ? first : SOME_FAILED;
}
