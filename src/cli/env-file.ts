import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { errorCode } from '../domain/error.js';
import type { Tell } from '../domain/events.js';

/** The only settings that are read from a folder's `.env`. */
const TAKEN = ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'GEMINI_IMAGE_MODEL'] as const;
/**
 * Settings that could send the key to a stranger's server, or run a stranger's command. They are
 * ignored, with a warning.
 */
const IGNORED = [
  'GEMINI_API_KEY_CMD',
  'GOOGLE_GEMINI_BASE_URL',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
];

export interface EnvFile extends Partial<Record<(typeof TAKEN)[number], string>> {
  /**
   * What lies there under the name `.env`, even if no setting was read from it; otherwise absent.
   */
  found?: 'a file' | 'a folder' | 'a file that is ignored';
  /** The names in it that are ignored with a warning. */
  ignored?: readonly string[];
}

/** The names of the settings that were read from it. */
export function takenFrom(file: EnvFile): readonly string[] {
  return TAKEN.filter((name) => file[name] !== undefined);
}

/** Far more than these settings need. */
const MOST_BYTES = 65_536;

/**
 * Reads the key and the model from `.env` in a folder. If there is no such file, or it is a folder,
 * nothing is read. A pipe, a device or a very large file is not read either, with a warning: it
 * might never end, or fill the memory.
 */
export async function readEnvFile(
  folder: string,
  tell: Tell<'envFileIgnored' | 'envVariableIgnored'>,
): Promise<EnvFile> {
  const ignored = (why: string): EnvFile => {
    tell({ type: 'envFileIgnored', why });
    return { found: 'a file that is ignored' };
  };
  let text: string | Reason;
  try {
    text = await readBounded(join(folder, '.env'), MOST_BYTES);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return {};
    return ignored(`cannot be read (${code})`);
  }
  if (typeof text !== 'string') {
    return text.why === FOLDER.why ? { found: 'a folder' } : ignored(text.why);
  }
  if (text.includes('\0')) return ignored('is no UTF-8 text');
  const entries = parseEnv(text.replace(/^\ufeff/, ''));
  const refused = Object.keys(entries).filter((name) => IGNORED.includes(name.toUpperCase()));
  for (const name of refused) tell({ type: 'envVariableIgnored', name });
  const taken = TAKEN.flatMap((name) =>
    entries[name] === undefined ? [] : [[name, entries[name]]],
  );
  return {
    ...Object.fromEntries(taken),
    found: 'a file',
    ...(refused.length > 0 && { ignored: refused }),
  };
}

/** Why a file is not read. */
interface Reason {
  why: string;
}

const FOLDER: Reason = { why: 'is a folder' };
const SPECIAL: Reason = { why: 'is no regular file' };

/** The text of a regular file, or why it is not read. It waits for no pipe, and fills no memory. */
export async function readBounded(path: string, mostBytes: number): Promise<string | Reason> {
  // Opening a device may already have an effect, so look first.
  const stats = await stat(path);
  if (stats.isDirectory()) return FOLDER;
  if (!stats.isFile()) return SPECIAL;
  // The file may have become a pipe since: do not wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) return SPECIAL;
    const buffer = Buffer.alloc(mostBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return buffer.toString('utf8', 0, length);
      length += bytesRead;
    }
    return { why: `is larger than ${mostBytes / 1024} KB` };
  } finally {
    await file.close();
  }
}
