// What this machine has: Node, sharp, exiftool, room for files, a terminal, a `.env`, settings.
import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { GeminiImageError } from '../domain/error.js';
import { codeOf, whyUnwritten } from '../domain/system-errors.js';
import { version } from '../domain/version.js';
import { loadSharp } from '../images/decoders/load-sharp.js';
import { ownFolder } from '../own-files.js';
import type { Settings, Surroundings } from '../run/context.js';
import { answersIn, cacheSize } from '../storage/cache-folder.js';
import { type Finding, right, warning, wrong } from './finding.js';

export async function lookAtMachine(
  settings: Settings,
  surroundings: Surroundings,
): Promise<Finding[]> {
  return [
    nodeFinding(surroundings.node),
    right('gemini-image', `${version}, in ${join(ownFolder, sep)}`),
    sharpFinding(),
    await exiftoolFinding(surroundings),
    await cacheFinding(settings),
    await temporaryFinding(),
    terminalFinding(surroundings),
    await envFileFinding(surroundings),
    ...(await settingsFindings(surroundings)),
  ];
}

/** The oldest that is supported, as in package.json. */
const OLDEST = [20, 19] as const;

function nodeFinding(node: string): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return isOld
    ? warning('Node', `${node}; ${OLDEST.join('.')} or later is needed`, 'See https://nodejs.org')
    : right('Node', node);
}

function sharpFinding(): Finding {
  try {
    const { sharp, vips } = loadSharp('sharp').versions;
    return right('sharp', `${sharp ?? 'there'}, with libvips ${vips}`);
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    const without = 'PNG, JPEG, WebP and HEIC go as they are; others cannot be prepared';
    return warning('sharp', `${error.message}: ${without}`, error.hint);
  }
}

async function exiftoolFinding({ variable }: Surroundings): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('exiftool', ['-ver'], {
      env: { PATH: variable('PATH') },
      timeout: 10_000,
      windowsHide: true,
    });
    return right('exiftool', stdout.trim());
  } catch (error) {
    const found = codeOf(error) === 'ENOENT' ? 'not installed' : 'cannot be run';
    return right(
      'exiftool',
      `${found}; only needed to write into the photos themselves; without it, write makes sidecars`,
    );
  }
}

async function cacheFinding(settings: Settings): Promise<Finding> {
  try {
    const folder = await settings.cacheFolder();
    const { answers, pictures, bytes } = await cacheSize(folder);
    const problem = await whyReadOnly(answersIn(folder));
    if (problem !== undefined) {
      const todo = 'Let yourself write there; until then, --cache keeps nothing.';
      return warning('cache', `${folder} cannot be written: ${problem}`, todo);
    }
    const size =
      answers + pictures === 0 ? 'empty' : `${answers} answers, ${(bytes / 1e6).toFixed(1)} MB`;
    return right('cache', `${folder}: ${size}`);
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    return warning('cache', error.message, error.hint);
  }
}

/** Why nothing can be written into a folder that may have to be made first; undefined if it can. */
async function whyReadOnly(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    const above = dirname(folder);
    return codeOf(error) === 'ENOENT' && above !== folder
      ? whyReadOnly(above)
      : whyUnwritten(error);
  }
}

/** A large picture is decoded there, or a batch written. */
const LEAST_BYTES = 500e6;

async function temporaryFinding(): Promise<Finding> {
  const folder = tmpdir();
  const todo = 'Set TMPDIR (TEMP on Windows) to a folder with room.';
  try {
    const own = await mkdtemp(join(folder, 'gemini-image-'));
    try {
      await writeFile(join(own, 'probe'), 'x');
    } finally {
      await rm(own, { recursive: true, force: true });
    }
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const found = `${folder}: ${(free / 1e9).toFixed(1)} GB free`;
    return free < LEAST_BYTES ? warning('temporary', found, todo) : right('temporary', found);
  } catch (error) {
    return warning('temporary', `${folder} cannot be written: ${whyUnwritten(error)}`, todo);
  }
}

function terminalFinding({ terminal }: Surroundings): Finding {
  const { isTerminal, columns, colours } = terminal;
  const what = isTerminal
    ? `yes, ${columns ?? 'unknown'} columns`
    : 'no (stderr is a file or pipe)';
  return right('terminal', `${what}; colours ${colours ? 'on' : 'off'}`);
}

async function envFileFinding({ envFile }: Surroundings): Promise<Finding> {
  const { found, taken, ignored } = await envFile();
  if (found === undefined) return right('.env', 'none in this folder');
  if (found !== 'a file') return warning('.env', `${found} in this folder`);
  const names =
    taken.length > 0 ? `taken: ${taken.join(', ')}` : 'nothing in it is for gemini-image';
  if (ignored.length === 0) return right('.env', names);
  return warning(
    '.env',
    `${names}; ignored: ${ignored.join(', ')}`,
    'Set those in the environment: a folder must not send your key elsewhere.',
  );
}

async function settingsFindings({ settingsFiles }: Surroundings): Promise<Finding[]> {
  const files = (await settingsFiles()).filter(({ state }) => state !== 'none');
  if (files.length === 0) return [right('settings', 'no gemini-image.json holds here')];
  return files.map(({ whose, path, state, problem, presets, entries }) => {
    if (problem && state === 'wrong') return wrong('settings', problem);
    if (problem) return warning('settings', `${path} is ignored: ${problem.message}`);
    const defaults = entries.filter(({ part }) => part.startsWith('defaults ')).length;
    const parts = [
      `${defaults} ${defaults === 1 ? 'default' : 'defaults'}`,
      presets.length === 0 ? 'no presets' : `presets ${presets.join(', ')}`,
    ];
    return right(
      'settings',
      `${path} (${whose === 'project' ? "the project's" : 'yours'}): ${parts.join('; ')}`,
    );
  });
}
