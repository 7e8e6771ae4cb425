import { Argument } from 'commander';
import { modelNames } from '../gemini/models.js';
import type { ShellName } from './completion/shells.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

/** Names only: the module of the scripts loads when one is made. */
const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const satisfies ShellName[];

const examples = `
Examples:
  source <(gemini-image completion bash)          (in ~/.bashrc)
  source <(gemini-image completion zsh)           (in ~/.zshrc, after compinit)
  gemini-image completion fish > ~/.config/fish/completions/gemini-image.fish
  gemini-image completion powershell | Out-String | Invoke-Expression

The script holds every command, option, style, model and format of this version;
make it anew after an update.`;

export const completionCommand: CommandDefinition = {
  define(command, run) {
    command
      .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
      .allowExcessArguments(false);
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((shell: ShellName, flags: TalkFlags) =>
        run(flags, async ({ stdout }) => {
          const { grammarOf } = await import('./completion/grammar.js');
          const { shells } = await import('./completion/shells.js');
          const { styles } = await import('../tasks/describe/styles.js');
          const { STATUSES } = await import('../pages/status.js');
          const { KNOWN_KINDS } = await import('../domain/known.js');
          const known = {
            '--model': { words: modelNames(), isList: false },
            '--style': { words: Object.keys(styles), isList: true },
            '--know': { words: KNOWN_KINDS, isList: true },
            '--only': { words: STATUSES, isList: true },
          };
          await stdout.write(shells[shell](grammarOf(command.parent ?? command, known)));
          return { produced: 1, failures: [] };
        }),
      );
  },
};
