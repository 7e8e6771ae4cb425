import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** What tells that a file has not changed, without reading it. */
export interface FileState {
  /** In bytes. */
  size: number;
  /** When it was last changed, in whole milliseconds since 1970, as records have it. */
  mtimeMs: number;
}

/** Undefined where there is no file. Synchronous: a hundred thousand are looked at in a second. */
export function fileState(path: string): FileState | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? { size: stats.size, mtimeMs: stats.mtime.getTime() } : undefined;
  } catch {
    return undefined;
  }
}

/** SHA-256 of a file's bytes, in hexadecimal; undefined where it cannot be read. */
export async function fileDigest(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash, { signal });
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
