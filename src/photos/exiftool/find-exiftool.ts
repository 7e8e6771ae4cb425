// Which exiftool there is: on the search path, or in the package that the user has added.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { platform } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { ExiftoolFailed, type ExiftoolProcess, exiftoolProcess } from './exiftool-process.js';

/** An exiftool that can be used, or why none can. */
export type Exiftool = { process: ExiftoolProcess } | { why: string };

/** The first version that knows the fields of IPTC for people who cannot see. */
const OLDEST = 12.4;
const VERSION_MS = 20_000;
/** A package that users add themselves, since it is as large as half of this program. */
const VENDORED: string = 'exiftool-vendored';

/** What to install. */
export const INSTALL =
  'Install exiftool (exiftool.org, or your package manager), or npm install exiftool-vendored@35.21.0, which brings one along.';

/** Looks for exiftool, and starts it. */
export async function findExiftool(searchPath: string | undefined): Promise<Exiftool> {
  let tooOld: string | undefined;
  for (const find of [onPath, vendored]) {
    const path = await find(searchPath);
    if (path === undefined) continue;
    const running = exiftoolProcess(path);
    const version = await versionOf(running);
    if (version !== undefined && Number.parseFloat(version) >= OLDEST) return { process: running };
    tooOld ??= version;
    await running.close();
  }
  if (tooOld === undefined) return { why: 'exiftool is not installed' };
  return { why: `exiftool ${tooOld} is too old: ${OLDEST.toFixed(2)} is the first that can do it` };
}

async function onPath(searchPath = ''): Promise<string | undefined> {
  const names = platform() === 'win32' ? ['exiftool.exe'] : ['exiftool'];
  for (const folder of searchPath.split(delimiter)) {
    if (folder === '') continue;
    for (const name of names) {
      const path = resolve(folder, name);
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return path;
    }
  }
  return undefined;
}

/** The exiftool of the package `exiftool-vendored`. */
async function vendored(): Promise<string | undefined> {
  const loaded: unknown = await import(VENDORED).catch(() => undefined);
  const find =
    typeof loaded === 'object' && loaded !== null && 'exiftoolPath' in loaded
      ? loaded.exiftoolPath
      : undefined;
  if (typeof find !== 'function') return undefined;
  try {
    const path: unknown = await find();
    return typeof path === 'string' ? path : undefined;
  } catch {
    // The package is there, and its part for this system is not.
    return undefined;
  }
}

/** Undefined if it does not run. */
async function versionOf(exiftool: ExiftoolProcess): Promise<string | undefined> {
  try {
    const { stdout } = await exiftool.run(['-ver'], VERSION_MS);
    return /^\s*(\d+\.\d+)/.exec(stdout)?.[1];
  } catch (error) {
    if (error instanceof ExiftoolFailed) return undefined;
    throw error;
  }
}
