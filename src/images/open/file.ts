import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { interrupted } from '../../domain/error.js';
import { onAbort } from '../../network/abort.js';
import { whenFree } from '../../network/descriptors.js';

/**
 * Opens a file for reading. A named pipe is opened only when somebody opens it for writing, which
 * may be never; a signal ends the wait.
 *
 * @throws GeminiImageError of kind `interrupted`; whatever `open` threw.
 */
export async function openToRead(
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileHandle> {
  if (signal?.aborted) throw interrupted(signal);
  const opening = whenFree(() => open(path), signal);
  if (!signal) return opening;
  let stopListening = () => {};
  const calledOff = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => {
      reject(interrupted(signal));
      opening.then((file) => file.close()).catch(() => {});
      letGo(path);
    });
  });
  return Promise.race([opening, calledOff]).finally(stopListening);
}

/** Opens a pipe's other end for a moment: the thread that waits would keep the process alive. */
function letGo(path: string): void {
  open(path, constants.O_WRONLY | constants.O_NONBLOCK)
    .then((end) => end.close())
    .catch(() => {
      // It is no pipe, or nobody waits any more.
    });
}
