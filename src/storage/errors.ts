import { type GeminiImageError, usageError } from '../domain/error.js';
import { whyUnwritten } from '../domain/system-errors.js';

const OTHER_FILE = 'Name another file with --output, or leave it out to print to stdout.';

/** The error for a file that cannot be written, of kind `usage`. */
export function unwritable(
  path: string,
  why: string,
  cause?: unknown,
  hint = OTHER_FILE,
): GeminiImageError {
  return usageError(`${path} cannot be written: ${why}`, hint, cause);
}

/** The error for a file that the system did not let us write, with the reason in words. */
export function writeFailure(path: string, error: unknown, hint?: string): GeminiImageError {
  return unwritable(path, whyUnwritten(error), error, hint);
}

/** For `catch`: throws a failure of the system in words. */
export function explainer(path: string): (error: unknown) => never {
  return (error) => {
    throw writeFailure(path, error);
  };
}
