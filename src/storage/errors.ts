import { type GeminiImageError, usageError } from '../domain/error.js';
import { whyUnwritten } from '../domain/system-errors.js';

const OTHER_FILE = 'Name another file with --output, or leave it out to print to stdout.';

/** The error of a file that cannot be written, of kind `usage`. */
export function unwritable(
  path: string,
  why: string,
  cause?: unknown,
  hint = OTHER_FILE,
): GeminiImageError {
  return usageError(`${path} cannot be written: ${why}`, hint, cause);
}

/** What the system said of a file that it did not let us write, in words. */
export function writeFailure(path: string, error: unknown, hint?: string): GeminiImageError {
  return unwritable(path, whyUnwritten(error), error, hint);
}

/** Throws a failure of the system in words; for `catch`. */
export function explainer(path: string): (error: unknown) => never {
  return (error) => {
    throw writeFailure(path, error);
  };
}
