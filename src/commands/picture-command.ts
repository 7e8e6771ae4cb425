import type { Command } from 'commander';
import { DEFAULT_MODEL } from '../gemini/models.js';
import type { CommandContext, ModelFrom, Tally } from '../run/context.js';
import type { Job } from '../run/job.js';
import type { RunOptions } from '../run/options.js';
import type { CommandDefinition } from './definition.js';
import {
  addBatchFlags,
  addInputFlags,
  addManyFlags,
  addModelFlags,
  addPreparingFlags,
  addServiceFlags,
} from './flags/groups.js';
import { checkBatch, checkFlags } from './flags/rules.js';
import { namedInputs, type RunFlags, runOptions } from './flags/run-flags.js';
import { addFileFlags, addTalkFlags, progressOption } from './flags/values.js';

/** A command that asks about pictures: what it adds to the flags that all such commands share. */
export interface PictureCommand<Flags extends RunFlags> {
  /** The end of the help. */
  examples: string;
  /** Each function adds its flags to the group of that name. */
  flags: {
    inputs?(command: Command): void;
    preparing?(command: Command): void;
    /** Flags for what is asked, a group of their own. */
    question(command: Command): void;
    many?(command: Command): void;
    /** Flags for the answer, a group of their own. */
    answer(command: Command): void;
  };
  /** Whether it can ask about a PDF; `--pdf` takes those in folders too. */
  takesPdf?: boolean;
  /**
   * Modules that only the work needs should be imported here, so that --help does not wait for
   * them.
   */
  work(flags: Flags, options: RunOptions, context: CommandContext): Promise<Tally>;
}

/** Defines such a command, with its flags in the order of its help. */
export function pictureCommand<Flags extends RunFlags>({
  examples,
  flags: own,
  takesPdf = false,
  work,
}: PictureCommand<Flags>): CommandDefinition {
  return {
    define(command, run) {
      addInputFlags(command);
      if (takesPdf) command.option('--pdf', 'take PDF documents in folders too');
      own.inputs?.(command);
      addPreparingFlags(command);
      own.preparing?.(command);
      own.question(command);
      addModelFlags(command);
      addServiceFlags(command);
      addManyFlags(command);
      own.many?.(command);
      addBatchFlags(command);
      own.answer(command);
      addFileFlags(command.optionsGroup('Options:')).addOption(progressOption());
      addTalkFlags(command)
        .addHelpText('after', examples)
        .action((images: string[], flags: Flags) =>
          run(flags, async (context) => {
            checkFlags(flags);
            const inputs = namedInputs(images, flags, context);
            checkBatch(flags, inputs.images);
            const options = runOptions(inputs, flags, { takesPdf });
            if (!options.shard) return work(flags, options, context);
            const { thisShard } = await import('../run/this-shard.js');
            return work(flags, await thisShard(options, context), context);
          }),
        );
    },
  };
}

/**
 * Runs a job, or shows what it would do. The engine is imported only now, so that --help and a
 * mistyped flag do not wait for it.
 *
 * @param isDry whether nothing may be sent.
 */
export async function beginRun(
  job: Job,
  options: RunOptions,
  isDry: boolean,
  context: CommandContext,
): Promise<Tally> {
  const { model, modelFrom } = await context.settings(options.ask);
  // Each model has its price, and this one nobody has typed.
  const file = modelFrom && fileOfModel(modelFrom);
  if (file !== undefined && model !== DEFAULT_MODEL) {
    context.tell({ type: 'modelFromFile', model, file });
  }
  if (isDry) {
    const { runDryRun } = await import('../run/dry-run.js');
    return runDryRun(job, options, context);
  }
  const { runJob } = await import('../run/run.js');
  return runJob(job, options, context);
}

/** The file that chose the model, unless it is the user's own. */
function fileOfModel(from: ModelFrom): string | undefined {
  if (from.kind === 'env file') return '.env in this folder';
  return from.kind === 'settings' && from.origin.whose === 'project' ? from.origin.at : undefined;
}
