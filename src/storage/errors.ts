import { errorCode, type GeminiImageError, usageError } from '../domain/error.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead in a circle',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk failed',
  ESTALE: 'the network drive does not know it any more',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EBUSY: 'something else uses it',
  ETXTBSY: 'something else uses it',
  EXDEV: 'it lies on another disk',
};

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
  const code = errorCode(error) ?? 'unknown error';
  return unwritable(path, reasons[code] ?? code, error, hint);
}

const LASTING = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'ESTALE'];

/** Whether what kept one file from being written will keep the next one: the disk, and not its place. */
export function isLasting({ cause }: GeminiImageError): boolean {
  return LASTING.includes(errorCode(cause) ?? '');
}

/** Throws a failure of the system in words; for `catch`. */
export function explainer(path: string): (error: unknown) => never {
  return (error) => {
    throw writeFailure(path, error);
  };
}
