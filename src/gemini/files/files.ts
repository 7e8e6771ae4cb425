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
  const { name, uri } = await uploadFile(context, picture, options, 'picture');
  return { name, uri, mimeType };
}

/**
 * Uploads a file and waits until it can be used. If that fails, nothing of it is left with the
 * service, or a `copyLeft` event says that something may be.
 *
 * @param what what it is, for errors.
 * @throws GeminiImageError
 */
export async function uploadFile(
  context: FilesContext,
  upload: UploadPicture,
  options: UploadOptions,
  what: string,
): Promise<FileRecord> {
  const file = await uploadContent(context, upload, options);
  try {
    await waitUntilActive(context, file, options, what);
  } catch (error) {
    if (!(await deleteFile(context, file))) options.tell?.({ type: 'copyLeft' });
    throw error;
  }
  return file;
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
 * Waits until an uploaded file can be used.
 *
 * @throws GeminiImageError of kind `input` if the service cannot read it, of kind `service` if that
 *   takes longer than `timeoutMs`.
 */
async function waitUntilActive(
  context: FilesContext,
  uploaded: FileRecord,
  { signal, tell }: UploadOptions,
  what: string,
): Promise<void> {
  const { rest, baseUrl, retries, timeoutMs, clock } = context;
  const settings = { retries, signal, tell, ...(clock && { clock }) };
  const now = clock?.now ?? (() => performance.now());
  const start = now();
  let pauseMs = FIRST_PAUSE_MS;
  for (let file = uploaded; file.state !== 'ACTIVE'; ) {
    if (file.state === 'FAILED') throw unreadable(file, what);
    const leftMs = timeoutMs - (now() - start);
    if (leftMs <= 0) throw stillPreparing(timeoutMs, what);
    await pause(Math.min(pauseMs, leftMs), signal, clock);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    const url = `${baseUrl}/v1beta/${uploaded.name}`;
    const { value } = await repeatedly(settings, () => rest(url, { method: 'GET', signal }));
    file = readFileRecord(value) ?? stateless(what);
  }
}

function stateless(what: string): never {
  throw new GeminiImageError({
    kind: 'service',
    message: `the service does not say whether the uploaded ${what} is ready`,
    hint: 'Check the base URL and the proxy settings.',
  });
}

function unreadable({ reason }: FileRecord, what: string): GeminiImageError {
  return inputError(
    `Google could not read the uploaded ${what}${reason && `: ${reason}`}`,
    what === 'picture' ? 'Open it and save it anew as JPEG or PNG.' : undefined,
  );
}

function stillPreparing(timeoutMs: number, what: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `Google was still preparing the ${what} after ${timeoutMs / 1000} s`,
    hint: 'Try again later, or wait longer with --timeout <seconds>.',
  });
}
