import { DEFAULT_MODEL } from '../gemini/models.js';
import { ownFile } from '../own-files.js';
import type { CommandDefinition } from './definition.js';
import { runOptions } from './flags/run-flags.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';
import { beginRun } from './picture-command.js';

const examples = `
Examples:
  gemini-image demo
  gemini-image describe photo.png --offline    (the same with your picture)

It needs no key and no network: the emulator inside the command answers, and
says what it measures in the pixels. Gemini itself is never asked.`;

/** Ships with the package. */
const HARBOUR = ownFile('fixtures/harbor.jpg');

export const demoCommand: CommandDefinition = {
  define(command, run) {
    command.allowExcessArguments(false);
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((flags: TalkFlags) =>
        run(flags, async (context) => {
          const { describeJob } = await import('../tasks/describe/describe-task.js');
          // The model is named, so that no setting of this machine or folder can stop it.
          const chosen = { ...flags, model: DEFAULT_MODEL, offline: true, concurrency: 1 };
          const options = runOptions({ images: [HARBOUR] }, chosen);
          context.tell({ type: 'demoBegins', picture: HARBOUR });
          const tally = await beginRun(
            await describeJob({}, options, context),
            options,
            false,
            context,
          );
          if (tally.failures.length === 0) context.tell({ type: 'demoEnds' });
          return tally;
        }),
      );
  },
};
