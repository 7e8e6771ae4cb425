import { GeminiImageError } from '../../domain/error.js';
import type { UploadedFile } from '../../domain/question.js';
import { deleteFile } from './delete-file.js';
import type { FilesContext, UploadOptions, UploadPicture } from './files-context.js';
import { waitUntilActive } from './prepared-file.js';
import { uploadContent } from './upload.js';

export { deleteFile };

/** The largest file that the Files API takes, in bytes. */
export const MAX_FILE_BYTES = 2_147_483_648;

/**
 * Uploads a picture and waits until a question can refer to it. Where that fails, nothing of it is
 * left with the service, or `onCopyLeft` is told.
 *
 * @throws GeminiImageError
 */
export async function uploadPicture(
  context: FilesContext,
  picture: UploadPicture,
  options: UploadOptions,
): Promise<UploadedFile> {
  if (picture.content.size > MAX_FILE_BYTES) throw tooLarge();
  const { mimeType } = picture;
  const file = await uploadContent(context, picture, options);
  try {
    await waitUntilActive(context, file, options);
  } catch (error) {
    if (!(await deleteFile(context, file))) options.onCopyLeft?.();
    throw error;
  }
  const { name, uri } = file;
  return { name, uri, mimeType };
}

function tooLarge(): GeminiImageError {
  return new GeminiImageError({
    kind: 'input',
    message: 'the picture is larger than the 2 GB that the service takes',
    hint: 'Send a smaller picture.',
  });
}
