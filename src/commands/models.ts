import { Option } from 'commander';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface ModelsFlags extends TalkFlags {
  all?: boolean;
  format: 'text' | 'json';
  offline?: boolean;
  baseUrl?: string;
}

const examples = `
Examples:
  gemini-image models
  gemini-image models --offline    (what this version knows, without a key)
  gemini-image models --all -f json
  gemini-image describe photo.png -m gemini-3.8-flash

Prices are US dollars for a million tokens, input / output. The list of the
service costs nothing.`;

export const modelsCommand: CommandDefinition = {
  define(command, run) {
    command
      .option('--all', 'also aliases, what is closed or unknown here, and what is not listed')
      .addOption(
        new Option('-f, --format <name>', 'how to print them')
          .choices(['text', 'json'])
          .default('text'),
      )
      .option('--offline', "from this version's own table: no key, no network")
      .option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)')
      .allowExcessArguments(false);
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action(({ all = false, offline = false, ...flags }: ModelsFlags) =>
        run(flags, async (context) => {
          const { printModels } = await import('../models/models-table.js');
          return printModels({ all, offline, ...flags }, context);
        }),
      );
  },
};
