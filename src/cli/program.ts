import { Command, CommanderError } from 'commander';
import { commands } from '../commands/commands.js';
import type { Run } from '../commands/definition.js';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { version } from '../domain/version.js';
import { checkWords } from './words.js';

/** What the command line asks for. */
export type Parsed =
  /** Text for stdout: the help or the version. */
  { print: string } | { flags: Parameters<Run>[0]; work: Parameters<Run>[1] };

/**
 * Reads the command line.
 *
 * @param args without the paths of node and of the script.
 * @param folder the working folder: a word that names a file in it is never taken as an option.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseCommandLine(args: readonly string[], folder = '.'): Parsed {
  let printed = '';
  let parsed: Parsed | undefined;
  const program = createProgram((text) => {
    printed += text;
  });
  for (const { define } of commands) {
    define(program, (flags, work) => {
      parsed = { flags, work };
    });
  }
  checkWords(args, program, folder);
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // `help` asked for by name gets its code from the process, where none is set yet.
    if (error.exitCode === 0 || printed !== '') return { print: printed };
    throw misused(error, program);
  }
  return parsed ?? { print: printed };
}

export function createProgram(print: (text: string) => void): Command {
  return new Command('gemini-image')
    .description("Turn pictures into text with Google's Gemini API.")
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
    .addHelpText('after', '\nTry it without a key: gemini-image describe photo.png --offline');
}

/**
 * The form of commander's errors: `error: …`, perhaps with a guess in parentheses on a new line.
 */
const COMPLAINT = /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s;

function misused(error: CommanderError, program: Command): GeminiImageError {
  const [, what = '', guess] = COMPLAINT.exec(error.message) ?? [];
  const noCommand = error.code === 'commander.help';
  return usageError(
    noCommand ? 'name a command' : lowerFirst(what.replace(/\.$/, '')),
    noCommand
      ? (commandMeant(program) ?? program).helpInformation().trimEnd()
      : (guess ??
          hintForFile(what) ??
          `gemini-image ${helpFor(program)}--help says what there is.`),
  );
}

/** The hint if a picture stands where a command should, or if its name begins with a dash. */
function hintForFile(what: string): string | undefined {
  const [, kind, name] = /^unknown (option|command) '(.*\.\w+)'$/.exec(what) ?? [];
  if (kind === undefined) return undefined;
  return kind === 'command'
    ? `For a picture: gemini-image describe ${name}`
    : `For a file of this name, write ./${name}`;
}

/** The help of the command that was meant, and of its sub-command. */
function helpFor(program: Command): string {
  const command = commandMeant(program);
  if (!command) return '';
  const [name, word] = program.args;
  const below = command.commands.find((one) => one.name() === word);
  return below ? `${name} ${word} ` : `${name} `;
}

function commandMeant({ args: [name], commands }: Command): Command | undefined {
  return commands.find((one) => one.name() === name);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
