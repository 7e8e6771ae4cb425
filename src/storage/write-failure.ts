import { GeminiImageError } from '../domain/error.js';
import { errorCode } from '../domain/error-code.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk failed',
};

const OTHER_FILE = 'Name another file with --output, or leave it out to print to stdout.';

/** The error of a file that cannot be written, of kind `usage`. */
export function unwritable(
  path: string,
  why: string,
  cause?: unknown,
  hint = OTHER_FILE,
): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `${path} cannot be written: ${why}`,
    hint,
    cause,
  });
}

/** What the system said of a file that it did not let us write, in words. */
export function writeFailure(path: string, error: unknown, hint?: string): GeminiImageError {
  const code = errorCode(error) ?? 'unknown error';
  return unwritable(path, reasons[code] ?? code, error, hint);
}

/** Throws a failure of the system in words; for `catch`. */
export function explainer(path: string): (error: unknown) => never {
  return (error) => {
    throw writeFailure(path, error);
  };
}
