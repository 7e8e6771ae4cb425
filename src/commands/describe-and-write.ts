import type { CommandContext, Tally } from '../run/context.js';
import type { Job } from '../run/job.js';
import type { RunOptions } from '../run/options.js';
import { ledgerKey } from '../storage/ledger/ledger-key.js';
import { fieldMapOf, type WritingFlags, writingPart } from './flags/write-flags.js';
import { beginRun } from './picture-command.js';

/**
 * Runs a job, and then writes the answers of its pictures into their metadata: those of this run, and
 * those that earlier runs have found.
 *
 * @param ledger the results file of the run.
 */
export async function runAndWrite(
  job: Job,
  options: RunOptions,
  ledger: string,
  flags: WritingFlags,
  context: CommandContext,
): Promise<Tally> {
  const map = await fieldMapOf(flags, context.signals.abort);
  const answered = new Set<string>();
  const noting: Job = {
    ...job,
    async alongside(outcome) {
      const { record } = outcome;
      if (record.status === 'ok' && 'image' in record) answered.add(ledgerKey([record.image]));
      await job.alongside?.(outcome);
    },
    async onDone(image, read) {
      answered.add(ledgerKey([image.id]));
      await job.onDone?.(image, read);
    },
  };
  const tally = await beginRun(noting, options, false, context);
  if (answered.size === 0) return tally;
  if (tally.ended === 'interrupted') {
    context.tell({ type: 'writePostponed', ledger });
    return tally;
  }
  const { writeAnswers } = await import('../photos/write/write-run.js');
  const written = await writeAnswers(
    {
      ...writingPart(flags),
      ...{ ledger, map, force: false, dryRun: false, undo: false },
      isWanted: (image) => answered.has(ledgerKey([image])),
    },
    context,
  );
  const ended = tally.ended ?? written.ended;
  return { ...tally, failures: [...tally.failures, ...written.failures], ...(ended && { ended }) };
}
