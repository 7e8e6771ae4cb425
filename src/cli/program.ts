import { Command, CommanderError, Option } from 'commander';
import { addCommands } from '../commands/commands.js';
import type { Run } from '../commands/definition.js';
import { version } from '../domain/version.js';
import { takesSettings } from './presets/find-files.js';
import { checkWords, withImpliedCommand } from './words.js';

/** What the command line asks for. */
export type Parsed =
  /** Text for stdout: the help or the version. */
  | { print: string }
  /** Files of settings may still add to the flags of the command, before its work begins. */
  | { flags: Parameters<Run>[0]; work: Parameters<Run>[1]; command: Command };

/**
 * Reads the command line.
 *
 * @param given without the paths of node and of the script.
 * @param folder the working folder: a word that names a file in it is never taken as an option.
 * @param columns the width of the terminal; undefined if there is none.
 * @throws GeminiImageError of kind `usage`.
 */
export async function parseCommandLine(
  given: readonly string[],
  folder = '.',
  columns?: number | undefined,
): Promise<Parsed> {
  const width = helpWidth(columns);
  let printed = '';
  let parsed: { flags: Parameters<Run>[0]; work: Parameters<Run>[1] } | undefined;
  let command = new Command();
  const program = createProgram((text) => {
    printed += text;
  }, width);
  const { define, defineAll } = addCommands(program, (flags, work) => {
    parsed = { flags, work };
  });
  // Where the first word names no command, it may be the picture that is described.
  if (!(await define(given[0]))) await define('describe');
  const args = withImpliedCommand(given, program, folder);
  // Only the help of the program can follow, which shows the arguments of all, or an error.
  if (!(await define(args[0]))) await defineAll();
  program.hook('preAction', (_, named) => {
    command = named;
  });
  allowTakingBack(args, program);
  checkWords(args, program, folder);
  const [first] = args.filter((word) => !word.startsWith('-'));
  const topic =
    first === 'help' ? (await import('./misuse.js')).helpTopic(args, program) : undefined;
  try {
    if (topic) topic.outputHelp();
    else program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw (await import('./misuse.js')).misused(error, program);
  }
  if (parsed) return { ...parsed, command };
  const { fitted } = await import('./help-text.js');
  return { print: fitted(printed, width) };
}

/**
 * Lets each flag of a command that takes flags from files be taken back, as in `--no-lang`, so that the
 * command line beats a file. The help does not list them: every flag would be there twice.
 */
function allowTakingBack(args: readonly string[], program: Command): void {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  const words = new Set(flags.filter((word) => /^--no-[a-z]/.test(word)));
  if (words.size === 0) return;
  for (const command of [program, ...program.commands].flatMap(({ commands }) => commands)) {
    if (!takesSettings(command)) continue;
    for (const word of words) {
      const option = command.options.find(({ long }) => long === word.replace('--no-', '--'));
      if (!option || command.options.some(({ long }) => long === word)) continue;
      command.addOption(new Option(word).hideHelp());
      command.on(`option:${word.slice(2)}`, () => {
        const nothing = option.isBoolean() ? false : option.defaultValue;
        command.setOptionValueWithSource(option.attributeName(), nothing, 'cli');
      });
    }
  }
}

/** The widest line of a help: what every terminal, log and mail shows whole. */
const MOST_COLUMNS = 80;

/** On a narrower terminal than this, nothing can be laid out any more. */
const FEWEST_COLUMNS = 40;

/** How wide a help is on a terminal; undefined or 0 if its width is not known. */
function helpWidth(columns: number | undefined): number {
  return Math.max(FEWEST_COLUMNS, Math.min(columns || MOST_COLUMNS, MOST_COLUMNS));
}

/** @param width of the help, in columns. */
export function createProgram(
  print: (text: string) => void,
  width = helpWidth(undefined),
): Command {
  return new Command('gemini-image')
    .description("Turn pictures into text with Google's Gemini API.")
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
    })
    .addHelpText('after', '\nTry it without a key: gemini-image describe photo.png --offline');
}
