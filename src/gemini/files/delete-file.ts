import { GeminiImageError } from '../../domain/error.js';
import type { Abortable } from '../../network/abort.js';
import { repeatedly, within } from '../rest.js';
import type { FilesContext } from './file-record.js';

/** Shorter than the time that Ctrl-C leaves for cleaning up. */
export const TIDY_UP_MS = 3000;

const MAX_RETRIES = 2;

/**
 * Deletes an uploaded file. It takes three seconds at most and never rejects.
 *
 * @returns whether the file is gone, by this call or before.
 */
export async function deleteFile(
  { rest, baseUrl, retries, clock }: FilesContext,
  { name }: { readonly name: string },
  abort?: Abortable,
): Promise<boolean> {
  try {
    await within(TIDY_UP_MS, abort, (signal) => {
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

/** An expired file answers 403, but so does a key that has lost its rights. */
function isGone({ kind, httpStatus }: GeminiImageError): boolean {
  return httpStatus === 404 || (httpStatus === 403 && kind !== 'auth');
}
