// A new file that takes the place of an old one gets what belongs to the file and not to its content.
import type { Stats } from 'node:fs';
import { chmod, chown, type FileHandle, open, utimes } from 'node:fs/promises';
import { platform } from 'node:os';
import { nativeFiles } from './native-files.js';

interface NativeAttributes {
  listAttrs(descriptor: number): Promise<string[]>;
  getAttr(descriptor: number, name: string): Promise<Uint8Array | null>;
  setAttr(descriptor: number, name: string, value: Uint8Array): Promise<void>;
}

/** Those of the system: it sets its own, or only its administrator may. */
const OF_SYSTEM =
  /^(?:security\.|trusted\.|system\.|com\.apple\.(?:provenance|quarantine|lastuseddate))/;

/**
 * Gives a new file the permissions of an old one, its extended attributes, where the system allows it
 * its owner, and if it is asked for, its times.
 *
 * @throws errors of the system.
 */
export async function inherit(
  old: string,
  before: Stats,
  heir: string,
  keepTimes: boolean,
): Promise<void> {
  // First of all, while it may be written for certain.
  await inheritAttributes(old, heir);
  // Only the system's administrator may give a file to another user.
  await chown(heir, before.uid, before.gid).catch(() => undefined);
  await chmod(heir, before.mode & 0o7777);
  if (keepTimes) await utimes(heir, before.atime, before.mtime);
}

async function inheritAttributes(old: string, heir: string): Promise<void> {
  const native = nativeAttributes();
  // Windows has none that belong to a file in this way.
  if (!native || platform() === 'win32') return;
  const [from, to] = [await open(old), await open(heir, 'r+')];
  try {
    for (const name of await namesOf(native, from)) {
      const value = await native.getAttr(from.fd, name);
      if (value === null) continue;
      await native.setAttr(to.fd, name, value).catch((error: unknown) => {
        if (!OF_SYSTEM.test(name)) throw error;
      });
    }
  } finally {
    await from.close();
    await to.close();
  }
}

/** None where the file system knows no attributes. */
function namesOf(native: NativeAttributes, file: FileHandle): Promise<readonly string[]> {
  return native.listAttrs(file.fd).catch(() => []);
}

function nativeAttributes(): NativeAttributes | undefined {
  try {
    return nativeFiles();
  } catch {
    return undefined;
  }
}
