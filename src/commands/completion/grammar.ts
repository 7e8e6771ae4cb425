// The command line as plain data, for what is written from it: scripts that complete it.
import type { Argument, Command, Option } from 'commander';

/** What may stand as a value. */
export type Values =
  /** `isList`: several of them, with commas between. */
  | { kind: 'words'; words: readonly string[]; isList?: boolean }
  | { kind: 'files' }
  /** Anything: nobody can guess it. */
  | { kind: 'free' };

export interface OptionGrammar {
  /** `-s` and `--style`, those that there are. */
  names: readonly string[];
  description: string;
  /** Absent if it takes no value, or one only behind `=`. */
  values?: Values;
}

export interface CommandGrammar {
  /** The words that name it: none for the program itself, two for `cache clear`. */
  path: readonly string[];
  description: string;
  options: readonly OptionGrammar[];
  operands: Values;
  /** Names and descriptions of the commands below. */
  below: readonly { name: string; description: string }[];
}

/** Values of options that commander does not know, by the long name. */
export type KnownWords = Readonly<Record<string, { words: readonly string[]; isList: boolean }>>;

/** The program and every command below it. */
export function grammarOf(program: Command, known: KnownWords): readonly CommandGrammar[] {
  return walk(program, [], known);
}

function walk(command: Command, path: readonly string[], known: KnownWords): CommandGrammar[] {
  const below = command.commands.filter((one) => one.name() !== 'help');
  const isProgram = path.length === 0;
  const own: CommandGrammar = {
    path,
    description: command.description(),
    options: [
      ...completed(command.options).map((one) => optionOf(one, known)),
      { names: ['-h', '--help'], description: 'print this help' },
    ],
    operands: isProgram ? { kind: 'files' } : operandsOf(command.registeredArguments),
    below: [
      ...below.map((one) => ({ name: one.name(), description: one.description() })),
      ...(isProgram ? [{ name: 'help', description: 'print the help of a command' }] : []),
    ],
  };
  const help: CommandGrammar = {
    ...{ path: ['help'], description: '', options: [], below: [] },
    operands: { kind: 'words', words: below.map((one) => one.name()) },
  };
  const deeper = below.flatMap((one) => walk(one, [...path, one.name()], known));
  return [own, ...deeper, ...(isProgram ? [help] : [])];
}

/** Where all are hidden, the help of another command has them: they are typed all the same. */
function completed(options: readonly Option[]): readonly Option[] {
  const shown = options.filter(({ hidden }) => !hidden);
  return shown.length > 0 ? shown : options;
}

function optionOf(option: Option, known: KnownWords): OptionGrammar {
  const { short, long, description, required } = option;
  const names = [short, long].filter((name) => name !== undefined);
  return { names, description, ...(required && { values: valuesOf(option, known) }) };
}

function valuesOf({ long, flags, argChoices }: Option, known: KnownWords): Values {
  if (argChoices) return { kind: 'words', words: argChoices };
  const words = known[long ?? ''];
  if (words) return { kind: 'words', ...words };
  return { kind: /<[^>]*(?:file|folder|schema)[^>]*>/.test(flags) ? 'files' : 'free' };
}

function operandsOf(operands: readonly Argument[]): Values {
  const [first] = operands;
  if (!first) return { kind: 'free' };
  return first.argChoices ? { kind: 'words', words: first.argChoices } : { kind: 'files' };
}
