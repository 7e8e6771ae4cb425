import { isInterrupted } from '../domain/error.js';
import type { CheckOptions } from '../tasks/check/check-task.js';
import type { VerdictFormatName } from '../tasks/check/formats.js';
import { formatOption } from './flags/groups.js';
import type { RunFlags } from './flags/run-flags.js';
import { collect, wholeNumber } from './flags/values.js';
import { beginRun, pictureCommand } from './picture-command.js';

const examples = `
Examples:
  gemini-image check page.png --that "a cookie banner covers the page"
  gemini-image check page.png --claims claims.txt -f junit -o check.xml
  gemini-image check shots/ -r --that "no text is cut off" --votes 3
  gemini-image check before.png after.png --together --that "both are equal"
  gemini-image check page.png --that "the login button is visible" -f github

It exits with 0 if all claims hold, 1 if some fail, and 7 if some could not be
judged. A missing file, a dead server or a quota has a code of its own.`;

/** Names only: the modules of the formats load when one is used. */
const FORMATS = ['text', 'json', 'jsonl', 'junit', 'github'] as const satisfies VerdictFormatName[];

/** More votes would cost more than they tell. */
const MOST_VOTES = 99;

type CheckFlags = RunFlags & CheckOptions;

export const checkCommand = pictureCommand<CheckFlags>({
  examples,
  takesPdf: true,
  flags: {
    inputs: (command) => command.option('--together', 'judge claims about all pictures at once'),
    question: (command) =>
      command
        .optionsGroup('The claims:')
        .option('--that <claim>', 'what is to hold of each picture; repeatable', collect)
        .option(
          '--claims <file>',
          'read claims from a file, one a line (# for comments); - for stdin',
        )
        .option(
          '--votes <n>',
          'ask so often, and believe more than half of the answers',
          wholeNumber(1, MOST_VOTES),
        ),
    answer: (command) =>
      command
        .optionsGroup('The verdicts:')
        .addOption(formatOption(FORMATS))
        .option('-o, --output <file>', 'write the verdicts to a file')
        .option('--overwrite', 'replace a file that is no report; it is kept as <file>~'),
  },
  async work(flags, options, context) {
    const { checkJob } = await import('../tasks/check/check-task.js');
    const { that, claims: file, votes, dryRun = false } = flags;
    const wanted = { that, claims: file, votes };
    const { job, claims, options: changed } = await checkJob(wanted, options, context);
    try {
      const tally = await beginRun(job, changed, dryRun, context);
      return dryRun ? tally : { ...tally, claims: claims() };
    } catch (error) {
      if (!isInterrupted(error)) throw error;
      return { produced: 0, failures: [], claims: claims(), ended: error.kind };
    }
  },
});
