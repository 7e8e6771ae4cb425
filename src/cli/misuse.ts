// What is said of a command line that cannot be meant so; loaded only for that, and for `help`.
import type { Command, CommanderError } from 'commander';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { commandMeantBy, optionIn, optionMeantBy } from './meant.js';

/**
 * The command whose help is asked for by name, as in `help cache clear`.
 *
 * @throws GeminiImageError of kind `usage` if there is no such command.
 */
export function helpTopic(args: readonly string[], program: Command): Command {
  const [, ...names] = args.filter((word) => !word.startsWith('-'));
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

/**
 * The form of commander's errors: `error: …`, perhaps with a guess in parentheses on a new line.
 */
const COMPLAINT = /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s;

/** The error for what commander has found wrong. */
export function misused(error: CommanderError, program: Command): GeminiImageError {
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
