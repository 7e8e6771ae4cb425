import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { TalkFlags } from '../commands/flags/values.js';
import { GeminiImageError } from '../domain/error.js';
import { exitCodeOf } from '../domain/error-policy.js';
import { bareKey, hideKeys, keyRedactor, MIN_SECRET_LENGTH } from '../gemini/key.js';
import type { CommandContext } from '../run/context.js';
import { createPalette, wantsColour } from './colour.js';
import { type EnvFile, readEnvFile, takenFrom } from './env-file.js';
import { exitCode, SUCCESS } from './exit-codes.js';
import type { AddedSettings } from './presets/add-settings.js';
import { findFiles, takesSettings, userFile } from './presets/find-files.js';
import { type Parsed, parseCommandLine } from './program.js';
import {
  type Clock,
  createPlainProgress,
  createProgress,
  ProgressLine,
  systemClock,
} from './progress.js';
import { createReporter, type Reporter } from './reporter.js';
import { type Environment, findKey, firstSet, isGitHubStep, resolveSettings } from './settings.js';
import { columnsOf, createStdout, type Stdout } from './stdout.js';

/** Everything outside the program. Only what starts it (`bin.cts`, `start/`) touches the real process. */
export interface World {
  /** Without the paths of node and the script. */
  args: readonly string[];
  env: Environment;
  folder: string;
  stdin: { stream(): Readable; isData: boolean };
  stdout: { stream: Writable; isTerminal: boolean };
  stderr: { stream: Writable; isTerminal: boolean };
  /**
   * Calls back at the first Ctrl-C or SIGTERM, with the exit code to use. A second one ends the
   * process at once.
   */
  onInterrupt(callback: (code: number) => void): void;
  /** How many files and connections may be open at once, if the system says so. */
  openFiles?: () => number | undefined;
  /** Calls back with an error that nothing else caught. */
  onCrash(callback: (error: unknown) => void): void;
  /**
   * The clock for progress and for the grace after Ctrl-C: the system's, unless a test has its own.
   */
  clock?: Clock;
  /** The version of Node, such as `20.19.0`. */
  node?: string;
  /** The day for which prices are looked up: today, unless a test has another. */
  today?: () => Date;
}

/** Runs the command line and returns the exit code; it never throws. */
export async function main(world: World): Promise<number> {
  const { clock = systemClock } = world;
  const stop = new AbortController();
  const abort = new AbortController();
  let isUnread = false;
  /** Nothing is aborted that is not stopped too. */
  const abortNow = () => {
    stop.abort();
    abort.abort();
  };
  const abortUnread = () => {
    isUnread ||= !stop.signal.aborted;
    abortNow();
  };
  const line = new ProgressLine(world.stderr.stream);
  const stdout = createStdout(world.stdout.stream, world.stdout.isTerminal, line, abortUnread);
  world.stderr.stream.on('error', () => {});
  let interruptCode: number = exitCodeOf.interrupted;
  let graceMs = 0;
  world.onInterrupt((signalCode) => {
    interruptCode = signalCode;
    isUnread = false;
    stop.abort();
    if (graceMs === 0) abortNow();
    else clock.after(graceMs, abortNow);
  });
  const redactors = redactorsFor(world.env);
  let envFileRead: EnvFile = {};
  const keySource = () => keySourceOf(world.env, envFileRead);
  const reporterWith = (flags: TalkFlags) => reporterFor(world, flags, redactors, line, keySource);
  let reporter = await reporterWith({ color: !world.args.includes('--no-color') });
  let ended = false;
  const crash = new Promise<never>((_, reject) => {
    world.onCrash((error) => {
      abortUnread();
      // Once the run has its result, nobody waits for this promise any more.
      if (ended) reporter.tell({ type: 'failed', error: asGeminiImageError(error) });
      else reject(error);
    });
  });
  crash.catch(() => {});

  let envFile: Promise<EnvFile> | undefined;
  const readEnvOnce = async (tell: Reporter['tell']) => {
    if (envFile) return envFile;
    envFile = readEnvFile(world.folder, tell);
    envFileRead = await envFile;
    redactors.push(...redactorsFor(envFileRead));
    return envFileRead;
  };

  let keyPrinted: Promise<string> | undefined;
  /** The user may have to type a passphrase, so the command is run once. */
  const keyOfCommand = (command: string) => {
    keyPrinted ??= printedKey(command, world.env, stop.signal).then((key) => {
      redactors.push(...redactorsFor({ GEMINI_API_KEY: key }));
      return key;
    });
    return keyPrinted;
  };

  let code: number;
  let added: AddedSettings | undefined;
  try {
    const parsed = await parseCommandLine(world.args, world.folder, columnsOf(world.stdout.stream));
    if ('flags' in parsed) {
      added = await addSettingsOfFiles(parsed.command, world);
      reporter = await reporterWith(parsed.flags);
      for (const { path, why } of added?.ignored ?? []) {
        reporter.tell({ type: 'settingsIgnored', path, why });
      }
    }
    const running = run(parsed, stdout, {
      stdin: world.stdin,
      tell: reporter.tell,
      showsTotal: reporter.showsTotal,
      args: world.args,
      signals: { stop: stop.signal, abort: abort.signal },
      isUnread: () => isUnread,
      allowGrace(ms) {
        graceMs = ms;
      },
      openFiles: world.openFiles,
      today: world.today?.() ?? new Date(),
      surroundings: {
        node: world.node ?? 'unknown',
        variable: (name) => firstSet(world.env[name]),
        async envFile() {
          const file = await readEnvOnce(reporter.tell);
          return {
            taken: takenFrom(file),
            ignored: file.ignored ?? [],
            ...(file.found && { found: file.found }),
          };
        },
        keySource,
        settingOrigins: added?.origins ?? new Map(),
        async settingsFiles() {
          const { settingsReport } = await import('./presets/report.js');
          return settingsReport(world.env, world.folder);
        },
        terminal: {
          isTerminal: world.stderr.isTerminal,
          columns: columnsOf(world.stderr.stream),
          colours: wantsColour(
            world.env,
            world.stderr.isTerminal,
            !world.args.includes('--no-color'),
          ),
        },
      },
      settings: async (given) =>
        resolveSettings(given, world.env, await readEnvOnce(reporter.tell), keyOfCommand, added),
    });
    code = await Promise.race([running, crash]);
    if (code === exitCodeOf.interrupted) code = interruptCode;
  } catch (error) {
    // After a crash, work that still goes on must not bring the progress line back.
    reporter.tell({ type: 'progressOver' });
    // An error about a mistyped command may quote a key that stands only in .env.
    await readEnvOnce(() => {});
    const failure = await withOrigins(asGeminiImageError(error), added);
    const wasInterrupted = failure.kind === 'interrupted';
    code = wasInterrupted ? interruptCode : exitCodeOf[failure.kind];
    // If nobody reads stdout any more, that is no failure. If stdout itself failed, that is said
    // below.
    if (wasInterrupted && stdout.closed) code = SUCCESS;
    else if (!wasInterrupted || !stdout.failure) reporter.tell({ type: 'failed', error: failure });
  }
  ended = true;
  reporter.tell({ type: 'progressOver' });
  if (!stdout.failure) return code;
  reporter.tell({ type: 'failed', error: stdout.failure });
  return exitCodeOf[stdout.failure.kind];
}

async function run(
  parsed: Parsed,
  stdout: Stdout,
  context: Omit<CommandContext, 'stdout'>,
): Promise<number> {
  if ('work' in parsed) return exitCode(await parsed.work({ ...context, stdout }), stdout.closed);
  await stdout.write(parsed.print);
  return SUCCESS;
}

async function reporterFor(
  { env, stderr, clock = systemClock }: World,
  flags: TalkFlags,
  redactors: readonly Redactor[],
  line: ProgressLine,
  keySource: () => string | undefined,
): Promise<Reporter> {
  const { isTerminal } = stderr;
  const quiet = flags.quiet ?? false;
  const palette = await createPalette(wantsColour(env, isTerminal, flags.color));
  const columns = () => columnsOf(stderr.stream);
  const hasLine = isTerminal && env.TERM !== 'dumb';
  const kind = flags.progress ?? 'auto';
  const progress = () =>
    kind === 'line' || (kind === 'auto' && hasLine)
      ? createProgress({ line, palette, clock, columns })
      : createPlainProgress(clock, (text) => line.write(`gemini-image: ${text}`));
  const guard = isGitHubStep(env) ? await runnerGuard() : (text: string) => text;
  return createReporter({
    write: (text) => line.write(guard(text)),
    progress: quiet || kind === 'off' ? undefined : progress(),
    tellsWaits: quiet || kind === 'off' ? 'none' : isTerminal ? 'all' : 'long',
    palette,
    quiet,
    debug: flags.debug ?? false,
    redact: (text) => redactors.reduce((safe, redact) => redact(safe), hideKeys(text)),
    keySource,
  });
}

/**
 * Adds to the flags of a command what files of settings say. Without such a file, and without --preset,
 * nothing more is loaded.
 *
 * @throws GeminiImageError of kind `usage` if a file is wrong, or has no such preset.
 */
async function addSettingsOfFiles(
  command: Command,
  { env, folder }: World,
): Promise<AddedSettings | undefined> {
  if (!takesSettings(command)) return undefined;
  const { config, preset } = command.opts();
  const found = config === false ? [] : findFiles(env, folder);
  if (found.length === 0 && preset === undefined) return undefined;
  const { addSettings } = await import('./presets/add-settings.js');
  return addSettings(command, found, userFile(env));
}

/** The error says which of its flags nobody has typed. */
async function withOrigins(
  error: GeminiImageError,
  added: AddedSettings | undefined,
): Promise<GeminiImageError> {
  if (!added || error.kind !== 'usage') return error;
  const { namingOrigins } = await import('./presets/naming-origins.js');
  return namingOrigins(error, added);
}

async function runnerGuard(): Promise<(text: string) => string> {
  const { createRunnerGuard } = await import('../output/runner-commands.js');
  return createRunnerGuard().guard;
}

async function printedKey(command: string, env: Environment, signal: AbortSignal): Promise<string> {
  const { runKeyCommand } = await import('./key-command.js');
  return runKeyCommand(command, { env, signal });
}

function keySourceOf(env: Environment, envFile: EnvFile): string | undefined {
  try {
    return findKey(env, envFile).from;
  } catch {
    // The missing key is reported where a key is needed.
    return undefined;
  }
}

type Redactor = (text: string) => string;

type Keys = Pick<Environment, 'GOOGLE_API_KEY' | 'GEMINI_API_KEY'> | EnvFile;

/**
 * Hides every key that is set, used or not, so that no output can show one. A placeholder such as
 * `test` is no secret and may be part of a path; the client hides it in what the service says.
 */
function redactorsFor({ GOOGLE_API_KEY, GEMINI_API_KEY }: Keys): Redactor[] {
  return [GOOGLE_API_KEY, GEMINI_API_KEY]
    .map((raw) => bareKey(raw ?? ''))
    .filter((key) => key.length >= MIN_SECRET_LENGTH)
    .map((key) => keyRedactor(key));
}

/** Anything else that is thrown is a bug of ours. */
function asGeminiImageError(error: unknown): GeminiImageError {
  if (error instanceof GeminiImageError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GeminiImageError({
    kind: 'internal',
    message: `a bug: ${message}`,
    hint: 'Please report it with the lines below.',
    cause: error,
  });
}
