import { type Command, Option } from 'commander';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface BatchFlags extends TalkFlags {
  baseUrl?: string;
}

interface ListFlags extends BatchFlags {
  format: 'text' | 'json';
}

const examples = `
Examples:
  gemini-image batch list
  gemini-image batch list captions.jsonl
  gemini-image batch cancel captions.jsonl
  gemini-image batch delete batches/abc123`;

const listExamples = `
Examples:
  gemini-image batch list
  gemini-image batch list captions.jsonl -f json

Without a file, the list has all jobs of the key's project, also those of other programs.`;

const cancelExamples = `
Examples:
  gemini-image batch cancel captions.jsonl
  gemini-image batch cancel batches/abc123

A job may take a while to end, and may still have answers then.`;

const deleteExamples = `
Examples:
  gemini-image batch delete captions.jsonl
  gemini-image batch delete batches/abc123

Of a file, those jobs are deleted whose answers it has. A job that is named is deleted with its answers,
fetched or not; one that is on its way must be cancelled first.`;

export const batchCommand: CommandDefinition = {
  define(command, run) {
    command.helpCommand(false).addHelpText('after', examples);

    const list = command
      .command('list')
      .description("list the jobs of a results file, or all of the key's project")
      .argument('[ledger...]', 'what was written with --batch and -o x.jsonl')
      .addOption(
        new Option('-f, --format <name>', 'how to print them')
          .choices(['text', 'json'])
          .default('text'),
      );
    addServiceFlag(list)
      .addHelpText('after', listExamples)
      .action((ledgers: string[], flags: ListFlags) =>
        run(flags, async (context) => (await jobs()).listJobs({ ledgers, ...flags }, context)),
      );

    const cancel = command
      .command('cancel')
      .description('end jobs; what they have is still fetched')
      .argument('<ledger|job...>', 'results files, or names of jobs, as the list has them');
    addServiceFlag(cancel)
      .addHelpText('after', cancelExamples)
      .action((targets: string[], flags: BatchFlags) =>
        run(flags, async (context) => (await jobs()).cancelJobs({ targets, ...flags }, context)),
      );

    const remove = command
      .command('delete')
      .description('remove finished jobs and their answers at the service')
      .argument('<ledger|job...>', 'results files, or names of jobs, as the list has them');
    addServiceFlag(remove)
      .addHelpText('after', deleteExamples)
      .action((targets: string[], flags: BatchFlags) =>
        run(flags, async (context) => (await jobs()).deleteJobs({ targets, ...flags }, context)),
      );
  },
};

function jobs() {
  return import('../run/batch/look-after.js');
}

function addServiceFlag(command: Command): Command {
  return addTalkFlags(
    command.option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)'),
  );
}
