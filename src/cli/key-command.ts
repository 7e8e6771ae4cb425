import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { errorCode, GeminiImageError, interrupted } from '../domain/error.js';
import { cleanKey } from '../gemini/key.js';
import { onAbort } from '../network/abort.js';

const KEY_COMMAND = 'GEMINI_API_KEY_CMD';

/** Long enough to type a passphrase, or to touch a reader. */
const LIMIT_MS = 60_000;

/** Far more than a key has. */
const MOST_BYTES = 65_536;

/** What only a shell would read as more than a letter. */
const SHELL_SIGNS = /[|&;<>$`~*]/;

interface KeyCommandOptions {
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal | undefined;
  limitMs?: number;
}

/**
 * Runs a command of the user's whose first line of output is the key, such as `pass show gemini`. It
 * is run as it stands, without a shell, unless it begins with `!`. Nothing of its output is ever
 * shown, and it gets no input, which may be pictures.
 *
 * @throws GeminiImageError of kind `auth` that names the program, and nothing else of the command.
 */
export async function runKeyCommand(command: string, options: KeyCommandOptions): Promise<string> {
  const asked = command.trim();
  const isShell = asked.startsWith('!');
  const words = isShell ? [asked.slice(1).trim()] : wordsOf(asked);
  const [program = '', ...args] = words;
  const name = nameOf(isShell ? (wordsOf(program)[0] ?? '') : program);
  if (program === '') throw failed('', 'names no program');
  try {
    const output = await outputOf({ program, args, isShell, name }, options);
    return keyIn(output, name);
  } catch (error) {
    const isForShell = !isShell && SHELL_SIGNS.test(asked);
    if (!isForShell || !(error instanceof GeminiImageError) || error.kind !== 'auth') throw error;
    throw error.with({ hint: HINT_WITHOUT_SHELL });
  }
}

function keyIn(output: string, name: string): string {
  const [line = ''] = output
    .replace(/^\ufeff/, '')
    .trimStart()
    .split(/\r?\n/);
  const key = readKey(line, name);
  if (key === undefined) throw failed(name, 'printed nothing');
  return key;
}

function readKey(line: string, name: string): string | undefined {
  try {
    return cleanKey(line);
  } catch {
    throw failed(name, 'printed something else than a key in its first line');
  }
}

interface Started {
  program: string;
  args: readonly string[];
  isShell: boolean;
  /** Of the program, for people. */
  name: string;
}

function outputOf(
  { program, args, isShell, name }: Started,
  { env, signal, limitMs = LIMIT_MS }: KeyCommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...env },
      shell: isShell,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const pieces: Buffer[] = [];
    let length = 0;
    const end = (error?: GeminiImageError) => {
      clearTimeout(timer);
      stopListening();
      if (!error) return resolve(Buffer.concat(pieces).toString());
      child.kill();
      // What it has started itself may hold the pipe open.
      child.stdout.destroy();
      child.unref();
      reject(error);
    };
    const timer = setTimeout(
      () => end(failed(name, `printed no key within ${limitMs / 1000} s`)),
      limitMs,
    );
    const stopListening = signal ? onAbort(signal, () => end(interrupted(signal))) : () => {};
    child.stdout.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > MOST_BYTES) end(failed(name, 'printed far more than a key'));
    });
    child.once('error', (error) => end(notStarted(name, error)));
    child.once('close', (code, killedBy) => {
      if (code === 0) end();
      else
        end(failed(name, code === null ? `was ended by ${killedBy}` : `ended with code ${code}`));
    });
  });
}

function notStarted(name: string, cause: Error): GeminiImageError {
  const code = errorCode(cause);
  return failed(name, code === 'ENOENT' ? 'was not found' : `cannot be started (${code})`);
}

const HINT =
  'Run it by itself to see why: its first line must be the key. What it prints is not shown here.';

/** The hint where a command has signs of a shell, and may have been meant for one. */
const HINT_WITHOUT_SHELL =
  'It is run without a shell; if it is meant for one, begin it with !. If not, run it by itself ' +
  'to see why it fails: what it prints is not shown here.';

function failed(name: string, what: string): GeminiImageError {
  const which = name === '' ? KEY_COMMAND : `${name}, the command of ${KEY_COMMAND},`;
  return new GeminiImageError({ kind: 'auth', message: `${which} ${what}`, hint: HINT });
}

/** Only the name of the program: the rest may say where secrets are kept. */
function nameOf(program: string): string {
  return basename(program.replaceAll('\\', '/'));
}

const WORD = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g;

/**
 * The words of a command. Blanks separate them unless they stand in quotes; in double quotes `\"` is a
 * quote. A backslash elsewhere is one, as in paths of Windows.
 *
 * @throws GeminiImageError of kind `auth` if a quote is not closed.
 */
function wordsOf(command: string): string[] {
  if (/["']/.test(command.replace(WORD, ''))) throw failed('', 'has a quote that is not closed');
  return (command.match(WORD) ?? []).map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replace(/\\(["\\])/g, '$1'),
    ),
  );
}
