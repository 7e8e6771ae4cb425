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
  gemini-image batch cancel batches/abc123
  gemini-image batch delete batches/abc123`;

const listExamples = `
Examples:
  gemini-image batch list
  gemini-image batch list -f json

All jobs of the key's project, the newest first, also those of other programs.`;

const cancelExamples = `
Examples:
  gemini-image batch cancel batches/abc123

A job may take a while to end, and may still have answers then.`;

const deleteExamples = `
Examples:
  gemini-image batch delete batches/abc123

With the job, its answers are gone, fetched or not. A job on its way must be cancelled first.`;

export const batchCommand: CommandDefinition = {
  define(program, run) {
    const command = program
      .command('batch')
      .description('list, cancel or delete jobs of the Batch API')
      .helpCommand(false)
      .addHelpText('after', examples);

    const list = command
      .command('list')
      .description("list the jobs of the key's project")
      .addOption(
        new Option('-f, --format <name>', 'how to print them')
          .choices(['text', 'json'])
          .default('text'),
      )
      .allowExcessArguments(false);
    addServiceFlag(list)
      .addHelpText('after', listExamples)
      .action((flags: ListFlags) =>
        run(flags, async (context) => (await jobs()).listJobs(flags, context)),
      );

    const cancel = command
      .command('cancel')
      .description('end jobs; what they have is still fetched')
      .argument('<job...>', 'names of jobs, as the list has them');
    addServiceFlag(cancel)
      .addHelpText('after', cancelExamples)
      .action((names: string[], flags: BatchFlags) =>
        run(flags, async (context) => (await jobs()).cancelJobs({ names, ...flags }, context)),
      );

    const remove = command
      .command('delete')
      .description('remove finished jobs and their answers at the service')
      .argument('<job...>', 'names of jobs, as the list has them');
    addServiceFlag(remove)
      .addHelpText('after', deleteExamples)
      .action((names: string[], flags: BatchFlags) =>
        run(flags, async (context) => (await jobs()).deleteJobs({ names, ...flags }, context)),
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
