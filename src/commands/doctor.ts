import { Option } from 'commander';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface DoctorFlags extends TalkFlags {
  model?: string;
  baseUrl?: string;
  offline?: boolean;
  format: 'text' | 'json';
}

const examples = `
Examples:
  gemini-image doctor
  gemini-image doctor --offline    (asks nothing, needs no key)
  gemini-image doctor -f json

It asks the service for its list of models, which costs nothing. The exit code
is that of a run that would fail: 4 for the key, 6 for the way to the service,
2 for a wrong setting; 0 where nothing stands in the way.`;

export const doctorCommand: CommandDefinition = {
  define(command, run) {
    command
      .option('-m, --model <name>', 'the model to look at (also: GEMINI_IMAGE_MODEL)')
      .option('--offline', 'look at this machine only: no key, no network')
      .option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)')
      .addOption(
        new Option('-f, --format <name>', 'how to print it')
          .choices(['text', 'json'])
          .default('text'),
      )
      .allowExcessArguments(false);
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action(({ offline = false, ...flags }: DoctorFlags) =>
        run(flags, async (context) => {
          const { examine } = await import('../doctor/doctor.js');
          return examine({ offline, ...flags }, context);
        }),
      );
  },
};
