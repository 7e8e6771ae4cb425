import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { writeToDescriptor } from './descriptor.js';
import { exchange, temporaryFor } from './exchange.js';
import { outputTarget } from './output-target.js';
import { explainer } from './write-failure.js';

/** A file that appears whole or not at all. */
export interface OutputFile {
  /** Whether a file is there already, which `commit` replaces. */
  replaces: boolean;
  write(text: string): Promise<void>;
  /**
   * Puts the file in its place, once its bytes are on the disk.
   *
   * @param keepsOld whether a file that was there is kept, with a `~` behind its name.
   */
  commit(keepsOld?: boolean): Promise<void>;
  /** Leaves what was there before as it was. */
  discard(): Promise<void>;
}

/**
 * Opens a file for writing, at once, so that a place that cannot be written to is found out before
 * anything is paid for. A link is followed; what is no regular file (a named pipe, a device) is
 * written to as it is.
 *
 * @param untouchable files that must not be written over, as the user named them.
 * @throws GeminiImageError of kind `usage`, also from `write` and `commit` (a full disk).
 */
export async function openOutputFile(
  path: string,
  untouchable: readonly string[],
): Promise<OutputFile> {
  const explain = explainer(path);
  const { target, existing } = await outputTarget(path, untouchable);
  if (existing && !existing.isFile()) {
    return streamTo(await open(path, 'w').catch(explain), explain);
  }
  const temporary = temporaryFor(target);
  const file = await open(temporary, 'wx', existing?.mode ?? 0o666).catch(explain);
  const remove = async () => {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  };
  return {
    replaces: existing !== undefined,
    write: (text) => file.appendFile(text).catch(explain),
    async commit(keepsOld = false) {
      try {
        if (existing) await file.chmod(existing.mode);
        await file.sync();
        await file.close();
        await (existing && keepsOld ? exchange : rename)(temporary, target);
      } catch (error) {
        await remove();
        explain(error);
      }
    },
    discard: remove,
  };
}

/**
 * Writes to a file that this process holds open (see `descriptorOf`), which stays open.
 *
 * @param path what the user called it.
 */
export function useDescriptor(path: string, descriptor: number): OutputFile {
  return {
    replaces: false,
    write: (text) => writeToDescriptor(descriptor, text).catch(explainer(path)),
    commit: async () => {},
    discard: async () => {},
  };
}

function streamTo(file: FileHandle, explain: (error: unknown) => never): OutputFile {
  return {
    replaces: false,
    write: (text) => file.appendFile(text).catch(explain),
    commit: () => file.close().catch(explain),
    discard: () => file.close().catch(() => undefined),
  };
}
