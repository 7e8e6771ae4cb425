import { lstatSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { errorCode, type GeminiImageError, usageError } from '../domain/error.js';
import { quoted } from '../run/end.js';

/** A word of the command line, and how commander will read it. */
type Word = { text: string } & (
  | { role: 'operand' }
  /** `value` is what is written in the same word, as in `--prompt=Why?` or `-pWhy?`. */
  | { role: 'option'; option: Option | undefined; value: string | undefined }
  | { role: 'value'; option: Option }
);

/**
 * Refuses words that commander would accept although the user cannot have meant them so: file names
 * that look like options, long options with one dash, options that would become another's value,
 * and a text without its quotes. It sees the words before anything else is done with them.
 *
 * @param folder the working folder.
 * @param system the name of the operating system, as Node has it.
 * @throws GeminiImageError of kind `usage`.
 */
export function checkWords(
  args: readonly string[],
  program: Command,
  folder: string,
  system: string = platform(),
): void {
  const isThere = (name: string) => isEntry(folder, name);
  if (system === 'win32') expectDoubleQuotes(args, isThere);
  expectNoFileNames(args, program, isThere);
  const { words, command } = readWords(args, program);
  for (const word of words) {
    if (word.role === 'option') expectTwoDashes(word.text, command);
    else if (word.role === 'value') expectValue(word.text, word.option, command);
  }
  expectQuotes(words, isThere);
}

/** What names a file by its ending, or a picture in the web. */
const PICTURE = /\.\w{1,5}$|^https?:\/\//i;

/**
 * `gemini-image photo.jpg` describes it: one picture, perhaps with options of `describe`, and no
 * command.
 *
 * @returns the words, with the command before them if it is left out.
 */
export function withImpliedCommand(
  args: readonly string[],
  program: Command,
  folder: string,
): readonly string[] {
  // A command comes before its options: behind one, its name is a value, as in `-s alt photo.jpg`.
  const isNamed = !args[0]?.startsWith('-') && commandOf(args, program) !== program;
  if (args.length === 0 || isNamed) return args;
  const implied = ['describe', ...args];
  const { words } = readWords(implied, program);
  const operands = [
    ...words.flatMap(({ role, text }) => (role === 'operand' ? [text] : [])),
    ...implied.slice(words.length).filter((word) => word !== '--'),
  ].slice(1);
  const [name] = operands;
  if (name === undefined || operands.length > 1) return args;
  return PICTURE.test(name) || isFile(folder, name) ? implied : args;
}

/** What cmd.exe makes of `'Which animals?'`: the quotes stay, and each blank begins a new word. */
const QUOTED = /^'.*'$/;
const OPENED = /^'[^\s']*$/;
const WITHIN = /^[^\s']*$/;
const CLOSED = /^[^\s']+'$/;

/**
 * cmd.exe knows no single quotes. A prompt in them would arrive as its first word, and the others as
 * names of pictures; a glob would match nothing.
 */
function expectDoubleQuotes(args: readonly string[], isThere: (name: string) => boolean): void {
  for (const [at, word] of args.entries()) {
    const end = QUOTED.test(word) ? at : endOfQuoted(args, at);
    if (end === -1 || isThere(word)) continue;
    const text = args.slice(at, end + 1).join(' ');
    throw usageError(
      `${text} stands in single quotes, which cmd.exe does not take for quotes`,
      `Write it in double quotes: "${text.slice(1, -1)}"`,
    );
  }
}

/** Where the text ends that a word begins with a single quote; -1 if it begins none. */
function endOfQuoted(args: readonly string[], start: number): number {
  if (!OPENED.test(args[start] ?? '')) return -1;
  const behind = args.slice(start + 1);
  const after = behind.findIndex((word) => !WITHIN.test(word));
  return CLOSED.test(behind[after] ?? '') ? start + 1 + after : -1;
}

/**
 * A shell may expand `*` to file names, and whoever made those files chose the names. So a word
 * that begins with a dash and names an existing file is not taken as an option.
 */
function expectNoFileNames(
  args: readonly string[],
  program: Command,
  isThere: (name: string) => boolean,
): void {
  const { words } = readWords(args, program);
  for (const { text, role } of words) {
    if (!text.startsWith('-')) continue;
    // As a value, `-` means standard input or output, and a `*` never expands to it.
    if (text === '-' && role === 'value') continue;
    if (text.includes('\ufffd')) {
      throw usageError(
        `${text} is not valid UTF-8, and may be the name of a file`,
        'Put -- before the names of files.',
      );
    }
    if (isThere(text)) throw fileNotOption(text);
  }
  // A file named `--` would turn the options behind it, such as --dry-run, into names. If another
  // `--` follows, the first one was written on purpose.
  const [end, ...names] = args.slice(words.length);
  if (end === '--' && !names.includes('--') && isThere('--')) {
    throw usageError(
      'a file or folder here is named --, behind which no option would be read',
      'For the file write ./--, and to end the options, rename it.',
    );
  }
}

function fileNotOption(text: string): GeminiImageError {
  return text === '-'
    ? usageError(
        'a file here is named -, which would be read as standard input',
        'For the file write ./-; for standard input /dev/stdin.',
      )
    : usageError(
        `a file or folder here is named ${text}, which would be read as an option`,
        `For the file write ./${text}, or put -- before the names; for the option, rename the file.`,
      );
}

/**
 * Splits the words as commander does. A `--` ends the options, unless an option takes it as its
 * value.
 *
 * @returns the words before `--`, and the command they belong to.
 */
function readWords(
  args: readonly string[],
  program: Command,
): { words: readonly Word[]; command: Command } {
  const command = commandOf(args, program);
  const words: Word[] = [];
  let taker: Option | undefined;
  for (const text of args) {
    if (taker) {
      words.push({ text, role: 'value', option: taker });
      taker = undefined;
      continue;
    }
    if (text === '--') break;
    if (!text.startsWith('-') || text === '-') {
      words.push({ text, role: 'operand' });
      continue;
    }
    const { option, value } = optionOf(text, command);
    words.push({ text, role: 'option', option, value });
    if (option?.required && value === undefined) taker = option;
  }
  return { words, command };
}

/** The first word that names a command decides which options exist. */
function commandOf(args: readonly string[], program: Command): Command {
  const named = (name: string | undefined, { commands }: Command) =>
    commands.find((one) => one.name() === name);
  const index = args.findIndex((arg) => !arg.startsWith('-'));
  const command = named(args[index], program);
  return command ? (named(args[index + 1], command) ?? command) : program;
}

/** In a group of short flags such as `-rqo`, only the last one may take a value; this finds it. */
function optionOf(
  word: string,
  command: Command,
): { option: Option | undefined; value: string | undefined } {
  if (word.startsWith('--')) {
    const [, name = '', value] = /^([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    return { option: optionNamed(name, command), value };
  }
  const exact = optionNamed(word, command);
  if (exact) return { option: exact, value: undefined };
  const first = optionNamed(word.slice(0, 2), command);
  if (!first) return { option: undefined, value: undefined };
  return first.required || first.optional
    ? { option: first, value: word.slice(2) }
    : optionOf(`-${word.slice(2)}`, command);
}

/** Also finds options of parent commands, which may stand anywhere. */
function optionNamed(name: string, command: Command): Option | undefined {
  for (let one: Command | null = command; one; one = one.parent) {
    const found = one.options.find(({ short, long }) => short === name || long === name);
    if (found) return found;
  }
  return undefined;
}

function isOptionName(name: string, command: Command): boolean {
  return name === '--help' || name === '-h' || optionNamed(name, command) !== undefined;
}

/** To commander, `-offline` is `-o ffline`: pictures would be sent although the user forbade it. */
function expectTwoDashes(word: string, command: Command): void {
  const [name = ''] = /^-[a-z][a-z\d]*(?:-[a-z\d]+)*(?==|$)/.exec(word) ?? [];
  if (name.length < 3 || !isOptionName(`-${name}`, command)) return;
  throw usageError(`${name} has one dash, and the option has two`, `Write -${word}.`);
}

/** In `-o --offline`, the second option would become a file name and have no effect. */
function expectValue(word: string, { flags }: Option, command: Command): void {
  const [name = ''] = /^--?[a-z\d][a-z\d-]*(?==|$)/i.exec(word) ?? [];
  if (word !== '--' && !isOptionName(name, command)) return;
  throw usageError(
    `${word} stands where ${flags} has its value`,
    `Give the value first. If ${word} is meant to be it, write ${longName(flags)}=${word}.`,
  );
}

function longName(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

/** Options whose value is a text written by a person. */
const TEXT = /<(?:text|claim|list)>/;

/** File names hold a folder or an ending, and globs and addresses hold signs that no word has. */
const LIKE_A_FILE = /[/\\*[\]{}]|\.\w{1,5}$/;

/**
 * With `--prompt What is this`, only "What" would be asked and paid for. So words after a one-word
 * text must name pictures; otherwise the text lacks its quotes.
 */
function expectQuotes(words: readonly Word[], isThere: (name: string) => boolean): void {
  words.forEach((word, index) => {
    const option = word.role === 'operand' ? undefined : word.option;
    const text = word.role === 'option' ? word.value : word.text;
    if (!option || text === undefined || !TEXT.test(option.flags) || /\s/.test(text)) return;
    const rest = words.slice(index + 1);
    const end = rest.findIndex(({ role }) => role !== 'operand');
    const names = (end < 0 ? rest : rest.slice(0, end)).map((one) => one.text);
    const isStray = (name: string) =>
      name !== '-' && name !== '' && !LIKE_A_FILE.test(name) && !isThere(name);
    const last = names.findLastIndex(isStray);
    if (last < 0) return;
    const flag = longName(option.flags);
    throw usageError(
      `no file is named ${quoted(names.find(isStray) ?? '')}, and ${flag} has taken only ${quoted(text)}`,
      `Quote a text of several words: ${flag} '${[text, ...names.slice(0, last + 1)].join(' ')}'`,
    );
  });
}

/** Whether the name exists, even as a link that leads nowhere. */
function isEntry(folder: string, name: string): boolean {
  try {
    lstatSync(resolve(folder, name));
    return true;
  } catch (error) {
    // Any other error, such as a folder that may not be entered, does not prove that there is
    // nothing.
    return !['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(
      errorCode(error) ?? '',
    );
  }
}

function isFile(folder: string, name: string): boolean {
  try {
    // It throws too where the working folder is gone.
    return statSync(resolve(folder, name), { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // What cannot be looked at is no reason to guess.
    return false;
  }
}
