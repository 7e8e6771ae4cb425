import { GeminiImageError } from '../../domain/error.js';
import { repeatedly, within } from '../rest.js';
import type { FilesContext } from './file-record.js';

/** Less than what Ctrl-C leaves for tidying up. */
export const TIDY_UP_MS = 3000;

const MAX_RETRIES = 2;

/**
 * Deletes a file that was uploaded. It takes three seconds at most and never rejects.
 *
 * @returns whether the file is gone, now or since before.
 */
export async function deleteFile(
  { rest, baseUrl, retries, clock }: FilesContext,
  { name }: { readonly name: string },
  caller?: AbortSignal,
): Promise<boolean> {
  try {
    await within(TIDY_UP_MS, caller, (signal) => {
      const settings = { retries: Math.min(retries, MAX_RETRIES), signal, ...(clock && { clock }) };
      return repeatedly(settings, () =>
        rest(`${baseUrl}/v1beta/${name}`, { method: 'DELETE', signal }),
      );
    });
    return true;
  } catch (error) {
    return error instanceof GeminiImageError && isGone(error);
  }
}

/** A file that has expired answers 403, but so does a key that may do nothing any more. */
function isGone({ kind, httpStatus }: GeminiImageError): boolean {
  return httpStatus === 404 || (httpStatus === 403 && kind !== 'auth');
}
