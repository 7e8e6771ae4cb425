import { Command, CommanderError, Option } from 'commander';
import { addCommands } from '../commands/commands.js';
import type { Run } from '../commands/definition.js';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { version } from '../domain/version.js';
import { fitted, helpWidth } from './help-text.js';
import { commandMeantBy, optionIn, optionMeantBy } from './meant.js';
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
  const topic = helpTopic(args, program);
  try {
    if (topic) topic.outputHelp();
    else program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw misused(error, program);
  }
  return parsed ? { ...parsed, command } : { print: fitted(printed, width) };
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

/**
 * The command whose help is asked for by name, as in `help cache clear`.
 *
 * @throws GeminiImageError of kind `usage` if there is no such command.
 */
function helpTopic(args: readonly string[], program: Command): Command | undefined {
  const [first, ...names] = args.filter((word) => !word.startsWith('-'));
  if (first !== 'help') return undefined;
  let topic = program;
  for (const name of names) {
    const below = topic.commands.find((one) => one.name() === name);
    if (!below && name === 'help') break;
    if (!below) throw unknownCommand(name, topic);
    topic = below;
  }
  for (const word of args.slice(1)) expectOption(word, topic);
  return topic;
}

/**
 * Refuses an option behind `help` that its topic has not: who asks for it by name wants to know what
 * does here what it does elsewhere.
 */
function expectOption(word: string, topic: Command): void {
  if (!word.startsWith('-') || ['-h', '--help', '--no-color'].includes(word)) return;
  const name = optionIn(word);
  const has = ({ options }: Command) =>
    options.some(({ short, long }) => short === name || long === name);
  if (has(topic)) return;
  const owners = topic.commands.filter(has).map((one) => one.name());
  const where = owners.length > 0 ? `It is an option of ${owners.join(', ')}.` : undefined;
  throw unknownOption(word, where ?? optionMeantBy(word, topic) ?? seeHelp(topic));
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

/**
 * The form of commander's errors: `error: …`, perhaps with a guess in parentheses on a new line.
 */
const COMPLAINT = /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s;

function misused(error: CommanderError, program: Command): GeminiImageError {
  const [, what = '', guess] = COMPLAINT.exec(error.message) ?? [];
  const command = commandMeant(program);
  if (error.code === 'commander.help') {
    return usageError('name a command', (command ?? program).helpInformation().trimEnd());
  }
  const [, kind, word = ''] = /^unknown (command|option) '(.*)'$/s.exec(what) ?? [];
  if (kind === 'command') return unknownCommand(word, command ?? program);
  if (kind === 'option') {
    const meant = optionMeantBy(word, command ?? program, guess) ?? hintForFile(word);
    return unknownOption(word, meant ?? seeHelp(program));
  }
  return usageError(lowerFirst(what.replace(/\.$/, '')), guess ?? seeHelp(program));
}

function unknownOption(word: string, hint: string): GeminiImageError {
  return usageError(`unknown option '${optionIn(word)}'`, hint);
}

function unknownCommand(word: string, parent: Command): GeminiImageError {
  return usageError(
    `unknown command '${word}'`,
    commandMeantBy(word, parent) ?? hintForPicture(word, parent) ?? seeHelp(parent),
  );
}

/** The hint if a picture or a folder stands where a command should, among others. */
function hintForPicture(word: string, parent: Command): string | undefined {
  if (parent.parent !== null || !/^(?:.*(?:[/\\*].*|\.\w+)|-)$/.test(word)) return undefined;
  return `For pictures: gemini-image describe ${word}`;
}

/** The hint if the name of a file begins with a dash. */
function hintForFile(word: string): string | undefined {
  return /^.*\.\w+$/.test(word) ? `For a file of this name, write ./${word}` : undefined;
}

function seeHelp(command: Command): string {
  return `gemini-image ${helpFor(command)}--help says what there is.`;
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
