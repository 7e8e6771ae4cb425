import { type FileHandle, open } from 'node:fs/promises';
import type { Content } from '../../domain/content.js';
import { GeminiImageError } from '../../domain/error.js';
import { whenFree } from '../../network/descriptors.js';
import { cannotRead, refused } from '../errors.js';

/**
 * A file's bytes, read where they are needed. The file is opened for each reading, so that nothing
 * has to be closed; one that has changed in between is refused.
 */
export async function fileContent(path: string): Promise<Content> {
  const { size, mtimeMs } = await withFile(path, (file) => file.stat());
  return {
    size,
    read: (from, to) =>
      withFile(path, async (file) => {
        const now = await file.stat();
        const bytes = await readExactly(file, from, to);
        if (now.size !== size || now.mtimeMs !== mtimeMs || bytes === undefined) {
          throw changedWhileRead();
        }
        return bytes;
      }),
  };
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await whenFree(() => open(path)).catch((error: unknown) => {
    throw cannotRead(error);
  });
  try {
    return await work(file);
  } catch (error) {
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  } finally {
    await file.close();
  }
}

export function changedWhileRead(): GeminiImageError {
  return refused('it changed while it was read', 'Try again when nothing writes to it.');
}

/** Undefined where the file ends too early. */
export async function readExactly(
  file: FileHandle,
  from: number,
  to: number,
): Promise<Uint8Array | undefined> {
  // Filled to its end, or not given out.
  const bytes = Buffer.allocUnsafeSlow(to - from);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return bytes;
}
