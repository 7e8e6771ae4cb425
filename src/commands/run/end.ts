import type { RunStop } from '../../captions/run-stop.js';
import { PRICES_AS_OF } from '../../gemini/prices.js';
import type { CommandContext, Tally } from '../context.js';
import type { RunCounts } from './counts.js';
import type { Job } from './job.js';
import type { Outputs } from './outputs.js';
import type { Pictures } from './pictures.js';
import { howToGoOn } from './resume.js';
import { runSummary } from './summary.js';
import type { RunFlags } from './task.js';

export interface EndedRun {
  counts: RunCounts;
  elapsedMs: number;
  pictures: Pictures;
  outputs: Outputs;
  run: RunStop;
  job: Job;
  flags: RunFlags;
}

/** Says at the end of a run what came of it and, where it ended early, how to go on. */
export function endOfRun(ended: EndedRun, context: CommandContext): Tally {
  const { counts, pictures, outputs, run, flags } = ended;
  const { talk, signal, interrupt } = context;
  // Nobody reads stdout any more, or it failed: that is all there is to say.
  const isUnread = signal.aborted && !interrupt.aborted;
  if (!isUnread) {
    if (pictures.several && isWorthTelling(counts)) sumUp(ended, context);
    else if (!pictures.several && counts.skipped > 0) {
      talk.note(`there is an answer already in ${outputs.places.join(' and ')}; --redo asks again`);
    }
  }
  const { reason } = run;
  const displaced = outputs.displaced();
  if (displaced && !isUnread) talk.error(displaced);
  const tally = { produced: counts.described + counts.skipped, failures: counts.failures };
  if (!reason) return displaced ? { ...tally, ended: displaced.kind } : tally;
  const isOwn = reason.endsRun && !pictures.several && counts.failures.length > 0;
  if (!isUnread && !isOwn) talk.error(reason.with({ hint: hintOf(ended, context) }));
  return flags.failFast && counts.failures.length > 0 && !interrupt.aborted && !reason.endsRun
    ? tally
    : { ...tally, ended: reason.kind };
}

/** That one name leads to nothing is said already. */
function isWorthTelling({ described, skipped, unfailed, failures }: RunCounts): boolean {
  return described + skipped + unfailed > 0 || failures.length > 1;
}

function sumUp(
  { counts, elapsedMs, pictures, outputs, job, flags }: EndedRun,
  { talk }: CommandContext,
): void {
  const { described, cached, skipped, unfailed, failures, usage, costUsd } = counts;
  const isThere = outputs.displaced() === undefined;
  const lines = runSummary({
    described,
    done: job.done,
    comesTo: job.comesTo?.(),
    cached,
    skipped,
    unfailed,
    failures,
    usage,
    costUsd,
    passedOver: pictures.passedOver(),
    leftOut: pictures.leftOut(),
    elapsedMs,
    pricesAsOf: PRICES_AS_OF,
    together: flags.together ?? false,
    isReal: !flags.offline,
    outputs: isThere && (described + skipped > 0 || job.reportsFailures) ? outputs.places : [],
    failedList: failures.length > 0 ? flags.failed : undefined,
  });
  for (const line of lines) talk.note(line);
}

const REDO =
  'To go on, name the pictures that are left: --redo asks again about all that are named.';

/** What to do about the reason, and then how to go on. */
function hintOf(ended: EndedRun, context: CommandContext) {
  const { counts, pictures, outputs, run, job, flags } = ended;
  const hint = run.reason?.hint;
  if (!pictures.several || flags.together || !job.keepsLedger) return hint;
  if (flags.redo) return [hint, REDO].filter((line) => line !== undefined).join('\n');
  const goOn = outputs.isResumable
    ? howToGoOn(context.args, outputs.ledger && counts.described > 0)
    : 'With -o captions.jsonl a run can be resumed; this one would begin anew.';
  return hint === undefined ? goOn : `${hint}\n${goOn}`;
}
