import { GeminiImageError } from '../../domain/error.js';
import { pause } from '../../network/retry.js';
import { repeatedly } from '../rest.js';
import { type FileRecord, readFileRecord } from './file-record.js';
import type { FilesContext, UploadOptions } from './files-context.js';

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 2000;

/**
 * Waits until a question can refer to an uploaded file.
 *
 * @throws GeminiImageError of kind `input` where the service cannot read it, of kind `service`
 *   where it takes longer than `timeoutMs`.
 */
export async function waitUntilActive(
  context: FilesContext,
  uploaded: FileRecord,
  { signal, onRetry }: UploadOptions,
): Promise<void> {
  const { rest, baseUrl, retries, timeoutMs, clock } = context;
  const settings = { retries, signal, onRetry, ...(clock && { clock }) };
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
  return new GeminiImageError({
    kind: 'input',
    message: `Google could not read the uploaded picture${reason && `: ${reason}`}`,
    hint: 'Open it and save it anew as JPEG or PNG.',
  });
}

function stillPreparing(timeoutMs: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `Google was still preparing the picture after ${timeoutMs / 1000} s`,
    hint: 'Try again later, or wait longer with --timeout <seconds>.',
  });
}
