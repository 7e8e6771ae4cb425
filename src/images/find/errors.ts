import { lstat } from 'node:fs/promises';
import { errorCode, type GeminiImageError, inputError, interrupted } from '../../domain/error.js';
import { displayName } from './reference.js';

/** Something that was named or found but gives no picture. */
export interface Failure {
  readonly kind: 'failed';
  /** As the user named it, or folder + name. */
  readonly id: string;
  /** How messages name it. */
  readonly label: string;
  readonly error: GeminiImageError;
}

export function failed(
  name: string,
  message: string,
  { hint, cause }: { hint?: string | undefined; cause?: unknown } = {},
): Failure {
  return failedBy(name, inputError(message, hint, cause));
}

export function failedBy(name: string, error: GeminiImageError): Failure {
  return { kind: 'failed', id: name, label: displayName(name), error };
}

/** Node shows bytes that are no UTF-8 as U+FFFD, and then finds no file of that name. */
export function misnamed(name: string): Failure {
  return failed(name, 'the name is not valid UTF-8; rename it');
}

/** @throws GeminiImageError of kind `interrupted` */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(signal);
}

/** Few names hold this character, and only they need be looked at. */
export function mayBeMisnamed(path: string): boolean {
  return path.includes('\ufffd');
}

/** Whether a name has lost bytes that are no UTF-8, so that it leads to no file. */
export async function isMisnamed(path: string): Promise<boolean> {
  if (!mayBeMisnamed(path)) return false;
  return lstat(path).then(
    () => false,
    () => true,
  );
}

export function isNothingThere(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '');
}
