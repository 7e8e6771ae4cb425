import { GeminiImageError, inputError } from '../../domain/error.js';
import type { UploadedFile } from '../../domain/question.js';
import { pause } from '../../network/retry.js';
import { repeatedly } from '../rest.js';
import { deleteFile } from './delete-file.js';
import {
  type FileRecord,
  type FilesContext,
  readFileRecord,
  type UploadOptions,
  type UploadPicture,
} from './file-record.js';
import { uploadContent } from './upload.js';

export { deleteFile };

/** The largest file that the Files API takes, in bytes. */
export const MAX_FILE_BYTES = 2_147_483_648;

/**
 * Uploads a picture and waits until a question can refer to it. If that fails, nothing of it is
 * left with the service, or a `copyLeft` event says that something may be.
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
    if (!(await deleteFile(context, file))) options.tell?.({ type: 'copyLeft' });
    throw error;
  }
  const { name, uri } = file;
  return { name, uri, mimeType };
}

function tooLarge(): GeminiImageError {
  return inputError(
    'the picture is larger than the 2 GB that the service takes',
    'Send a smaller picture.',
  );
}

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 2000;

/**
 * Waits until a question can refer to an uploaded file.
 *
 * @throws GeminiImageError of kind `input` if the service cannot read it, of kind `service` if that
 *   takes longer than `timeoutMs`.
 */
async function waitUntilActive(
  context: FilesContext,
  uploaded: FileRecord,
  { signal, tell }: UploadOptions,
): Promise<void> {
  const { rest, baseUrl, retries, timeoutMs, clock } = context;
  const settings = { retries, signal, tell, ...(clock && { clock }) };
  const now = clock?.now ?? (() => performance.now());
  const start = now();
  let pauseMs = FIRST_PAUSE_MS;
  for (let file = uploaded; file.state !== 'ACTIVE'; ) {
    if (file.state === 'FAILED') throw unreadable(file);
    const leftMs = timeoutMs - (now() - start);
    if (leftMs <= 0) throw stillPreparing(timeoutMs);
    await pause(Math.min(pauseMs, leftMs), signal, clock);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    const url = `${baseUrl}/v1beta/${uploaded.name}`;
    const { value } = await repeatedly(settings, () => rest(url, { method: 'GET', signal }));
    file = readFileRecord(value) ?? stateless();
  }
}

function stateless(): never {
  throw new GeminiImageError({
    kind: 'service',
    message: 'the service does not say whether the uploaded picture is ready',
    hint: 'Check the base URL and the proxy settings.',
  });
}

function unreadable({ reason }: FileRecord): GeminiImageError {
  return inputError(
    `Google could not read the uploaded picture${reason && `: ${reason}`}`,
    'Open it and save it anew as JPEG or PNG.',
  );
}

function stillPreparing(timeoutMs: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `Google was still preparing the picture after ${timeoutMs / 1000} s`,
    hint: 'Try again later, or wait longer with --timeout <seconds>.',
  });
}
