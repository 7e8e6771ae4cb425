import { EventEmitter } from 'node:events';
import { type Command, Option } from 'commander';
import type { CommandContext, Tally } from '../run/context.js';
import { altCommand } from './alt.js';
import { checkCommand } from './check.js';
import type { FlagState } from './config/holding.js';
import type { CommandDefinition, Run } from './definition.js';
import { describeCommand } from './describe.js';
import { detectCommand } from './detect.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface ConfigFlags extends TalkFlags {
  format: 'text' | 'json';
}

const examples = `
Examples:
  gemini-image config                                (files, presets, defaults)
  gemini-image config describe
  gemini-image config describe --preset web --lang de
  gemini-image config check -f json

Of a command that is named, every flag is shown that would hold, and where it comes from. Nothing is
asked, and no key is shown. docs/presets.md describes the files.`;

const COMMANDS = {
  describe: describeCommand,
  check: checkCommand,
  detect: detectCommand,
  alt: altCommand,
};

export const configCommand: CommandDefinition = {
  define(command, run) {
    command
      .helpCommand(false)
      .addOption(
        new Option('-f, --format <name>', 'how to print it')
          .choices(['text', 'json'])
          .default('text'),
      );
    addTalkFlags(command.allowExcessArguments(false))
      .addHelpText('after', examples)
      .action((flags: ConfigFlags) =>
        run(flags, async (context) => {
          const { printFiles } = await import('./config/holding.js');
          return printFiles(flags.format, context);
        }),
      );
    for (const [name, definition] of Object.entries(COMMANDS)) {
      addCommand(command.command(name), definition, run);
    }
  },
};

/** The same command line as of the command itself, of which only the flags are looked at. */
function addCommand(command: Command, { define }: CommandDefinition, run: Run): void {
  // Flags that `config` has itself are read there, wherever they stand.
  define(command, () =>
    run(command.optsWithGlobals(), (context) =>
      show(command, command.parent?.getOptionValue('format'), context),
    ),
  );
  const name = command.name();
  command.description(`print what holds for ${name} with the same flags`);
  // The help of the command itself has its flags and examples.
  if (command instanceof EventEmitter) command.removeAllListeners('afterHelp');
  for (const option of command.options) option.hideHelp();
}

async function show(
  command: Command,
  format: ConfigFlags['format'],
  context: CommandContext,
): Promise<Tally> {
  const { printHolding } = await import('./config/holding.js');
  const flags = command.options.map((option): FlagState => {
    const name = option.attributeName();
    const isTyped = command.getOptionValueSource(name) === 'cli';
    return { name, value: command.getOptionValue(name), isTyped };
  });
  return printHolding(command.name(), flags, format, context);
}
