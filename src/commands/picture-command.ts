import type { Command } from 'commander';
import type { FindInputs } from '../images/find/find-images.js';
import type { CommandContext, Tally } from '../run/context.js';
import { namedInputs } from '../run/inputs.js';
import type { Job } from '../run/job.js';
import type { RunFlags } from '../run/options.js';
import type { CommandDefinition } from './definition.js';
import {
  addInputFlags,
  addManyFlags,
  addModelFlags,
  addPreparingFlags,
  addServiceFlags,
} from './flags/groups.js';
import { checkFlags } from './flags/rules.js';
import { addTalkFlags } from './flags/values.js';

/** A command that asks about pictures: what it has besides the flags that all of them have. */
export interface PictureCommand<Flags extends RunFlags> {
  name: string;
  description: string;
  /** What the help ends with. */
  examples: string;
  /** Each adds its flags to the group of that name. */
  flags: {
    inputs?(command: Command): void;
    preparing?(command: Command): void;
    /** What is asked: a group of its own. */
    question(command: Command): void;
    many?(command: Command): void;
    /** How it is answered: a group of its own. */
    answer(command: Command): void;
  };
  /** Modules that only the work needs are to be loaded there, so that --help does not wait for them. */
  work(inputs: FindInputs, flags: Flags, context: CommandContext): Promise<Tally>;
}

/** Defines such a command, with its flags in the order of its help. */
export function pictureCommand<Flags extends RunFlags>({
  name,
  description,
  examples,
  flags: own,
  work,
}: PictureCommand<Flags>): CommandDefinition {
  return {
    define(program, run) {
      const command = program.command(name).description(description);
      addInputFlags(command);
      own.inputs?.(command);
      addPreparingFlags(command);
      own.preparing?.(command);
      own.question(command);
      addModelFlags(command);
      addServiceFlags(command);
      addManyFlags(command);
      own.many?.(command);
      own.answer(command);
      addTalkFlags(command.optionsGroup('Options:'))
        .addHelpText('after', examples)
        .action((images: string[], flags: Flags) =>
          run(flags, async (context) => {
            checkFlags(flags);
            const inputs = namedInputs(images, flags, context);
            return work(inputs, flags, context);
          }),
        );
    },
  };
}

/**
 * Does a job, or shows what it would be. The engine loads only now, so that --help and a mistyped
 * flag do not wait for it.
 */
export async function beginRun(
  inputs: FindInputs,
  job: Job,
  flags: RunFlags,
  context: CommandContext,
): Promise<Tally> {
  const { modelNote } = await context.settings(flags);
  if (modelNote !== undefined) context.talk.note(modelNote);
  if (flags.dryRun) {
    const { runDryRun } = await import('../run/dry-run.js');
    return runDryRun(inputs, job, flags, context);
  }
  const { runJob } = await import('../run/run.js');
  return runJob(inputs, job, flags, context);
}
