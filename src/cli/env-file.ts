import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { errorCode } from '../domain/error-code.js';

/** The only settings that a folder may bring along. */
const TAKEN = ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'GEMINI_IMAGE_MODEL'] as const;
/** What would let a stranger's folder send the key elsewhere. */
const IGNORED = [
  'GOOGLE_GEMINI_BASE_URL',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
];

export type EnvFile = Partial<Record<(typeof TAKEN)[number], string>>;

/**
 * Reads the key and the model from `.env` in a folder. No file, or one that is a folder, is an
 * empty one.
 */
export async function readEnvFile(folder: string, warn: (text: string) => void): Promise<EnvFile> {
  let text: string;
  try {
    text = await readFile(join(folder, '.env'), 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'EISDIR') warn(`.env cannot be read (${code})`);
    return {};
  }
  if (text.includes('\0')) {
    warn('.env is no UTF-8 text and is ignored');
    return {};
  }
  const entries = parseEnv(text.replace(/^\ufeff/, ''));
  for (const name of Object.keys(entries)) {
    if (IGNORED.includes(name.toUpperCase())) {
      warn(`${name} in .env is ignored; set it in the environment`);
    }
  }
  return Object.fromEntries(
    TAKEN.flatMap((name) => (entries[name] === undefined ? [] : [[name, entries[name]]])),
  );
}
