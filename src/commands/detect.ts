import type { DetectOptions } from '../tasks/detect/detect-task.js';
import type { DetectionFormatName } from '../tasks/detect/formats.js';
import { addAgainFlags, formatOption } from './flags/groups.js';
import type { RunFlags } from './flags/run-flags.js';
import { MOST, wholeNumber } from './flags/values.js';
import { beginRun, pictureCommand } from './picture-command.js';

const examples = `
Examples:
  gemini-image detect harbour.jpg
  gemini-image detect harbour.jpg --what "boats, people" --overlay boxes.png
  gemini-image detect photos/ -r --what dogs -f coco -o dogs.json
  gemini-image detect photos/ -r -o boxes.jsonl --overlay boxes/

A line is label, x, y, width, height, with tabs between: pixels of the file, from its top left.`;

/** Names only: the modules of the formats load when one is used. */
const FORMATS = ['text', 'json', 'jsonl', 'coco'] as const satisfies DetectionFormatName[];

type DetectFlags = RunFlags & DetectOptions;

export const detectCommand = pictureCommand<DetectFlags>({
  examples,
  flags: {
    inputs: (command) =>
      command.option('--limit <n>', 'only the first n that are not done', wholeNumber(1, MOST)),
    question: (command) =>
      command
        .optionsGroup('The objects:')
        .option(
          '--what <list>',
          'what to look for: "boats, people" (default: all that is prominent)',
        ),
    many: (command) =>
      command.option('--cache', 'keep answers on this machine, and use those that are there'),
    answer: (command) =>
      addAgainFlags(
        command
          .optionsGroup('The boxes:')
          .addOption(formatOption(FORMATS))
          .option(
            '-o, --output <file>',
            'write the boxes to a file; with .jsonl, a later run goes on with it',
          )
          .option('--overlay <file|folder>', 'draw the boxes on a copy of each picture'),
      ),
  },
  async work(flags, options, context) {
    const { detectJob } = await import('../tasks/detect/detect-task.js');
    const { what, dryRun = false } = flags;
    // A dry run sends nothing, so there is nothing to draw.
    const wanted = { what, overlay: dryRun ? undefined : flags.overlay };
    const { job, context: world, failures } = await detectJob(wanted, options, context);
    const tally = await beginRun(job, options, dryRun, world);
    // A picture whose overlay failed does not count as produced.
    const produced = tally.produced - failures.length;
    return { ...tally, produced, failures: [...tally.failures, ...failures] };
  },
});
