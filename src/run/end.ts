import type { GeminiImageError } from '../domain/error.js';
import type { RunSummary } from '../domain/run-summary.js';
import type { Shard } from '../domain/shard.js';
import { PRICES_AS_OF } from '../gemini/models.js';
import { displayName } from '../images/find/reference.js';
import type { LeftOnTheWay } from './batch/begin.js';
import type { CommandContext, Tally } from './context.js';
import type { Job, Outputs, Pictures } from './job.js';
import type { OutputsPart, RunOptions } from './options.js';
import type { RunCounts } from './run-counts.js';

export interface EndedRun {
  counts: RunCounts;
  elapsedMs: number;
  pictures: Pictures;
  outputs: Outputs;
  /** Why the run ended early, if it did. */
  reason: GeminiImageError | undefined;
  /** Why an output could not be put in place, if that failed. */
  trouble: GeminiImageError | undefined;
  /** What is on its way in batch jobs, of this run or of another one. */
  left?: LeftOnTheWay | undefined;
  job: Job;
  options: RunOptions;
}

/** Reports the results at the end of a run and, if it ended early, how to go on. */
export function endOfRun(ended: EndedRun, context: CommandContext): Tally {
  const { counts, pictures, outputs, trouble, left, options } = ended;
  const { tell, signals } = context;
  // Nobody reads stdout any more, or it failed: there is no more to say.
  const isUnread = context.isUnread();
  const isInterrupted = signals.stop.aborted && !isUnread;
  if (!isUnread) {
    if (pictures.several && isWorthTelling(ended)) tell({ type: 'summary', ...summaryOf(ended) });
    else if (!pictures.several && counts.skipped > 0) {
      tell({ type: 'answeredBefore', places: outputs.places });
    } else if (!pictures.several && counts.filesBefore.count > 0) {
      const outputFile = outputFileOf(options.outputs);
      tell({ type: 'fileBefore', files: counts.filesBefore, outputFile });
    }
    const files = outputs.setAside();
    if (files > 0) tell({ type: 'filesSetAside', files });
    if (left?.jobs) {
      const collect = howToCollect(ended, context);
      tell({ type: 'batchesOnTheirWay', jobs: left.jobs, collect, goOn: isInterrupted });
    }
  }
  const reason = reasonOf(ended);
  const displaced = outputs.displaced();
  if (displaced && !isUnread) tell({ type: 'failed', error: displaced });
  if (trouble && reason !== trouble) tell({ type: 'failed', error: trouble });
  const { described, skipped, filesBefore, failures } = counts;
  const tally = { produced: described + skipped + filesBefore.count, failures };
  if (!reason) {
    const kind = displaced?.kind ?? (left?.jobs && 'pending');
    return kind === undefined ? tally : { ...tally, ended: kind };
  }
  const isOwn = reason.endsRun && !pictures.several && counts.failures.length > 0;
  if (!isUnread && !isOwn) {
    tell({ type: 'failed', error: reason.with({ hint: hintOf(reason, ended, context) }) });
  }
  return options.limits.failFast && counts.failures.length > 0 && !isInterrupted && !reason.endsRun
    ? tally
    : { ...tally, ended: reason.kind };
}

/**
 * What ended the run may also be why an output could not be put in place. The later error then
 * knows more about it.
 */
function reasonOf({ reason, trouble }: EndedRun): GeminiImageError | undefined {
  return trouble && (!reason || reason.message === trouble.message) ? trouble : reason;
}

/** If the only name has no picture, the error has already said so. */
function isWorthTelling({ counts, left, options }: EndedRun): boolean {
  const { described, skipped, unfailed, filesBefore, failures } = counts;
  if (options.batch && left?.jobs) return true;
  if (options.find.shard && failures.length === 0) return true;
  return described + skipped + unfailed + filesBefore.count > 0 || failures.length > 1;
}

function outputFileOf({ file }: OutputsPart): string | undefined {
  return file === '-' ? undefined : file;
}

function summaryOf(ended: EndedRun): RunSummary {
  const { counts, elapsedMs, pictures, outputs, job, options } = ended;
  const { described, cached, equal, skipped, copied, unfailed, filesBefore, failures } = counts;
  const { usage, costUsd, matching } = counts;
  const { find, ask, outputs: wanted } = options;
  // If a file is not in its place, its own error says where the results are.
  const isOut = outputs.displaced() !== undefined;
  const places = outputs.places.filter(
    (place) => !outputs.isOutOfPlace(place) && !(isOut && place === wanted.file),
  );
  const { failed } = wanted;
  const isListed = failures.length > 0 && failed !== undefined && !outputs.isOutOfPlace(failed);
  return {
    shard: find.shard,
    described,
    done: job.done,
    comesTo: job.comesTo?.(),
    cached,
    equal,
    atStandard: options.ask.tier === 'flex' ? counts.atStandard : 0,
    skipped,
    unfailed,
    filesBefore,
    onlyBeside: counts.onlyBeside,
    outputFile: outputFileOf(wanted),
    copied,
    onTheirWay: ended.left?.jobs?.questions,
    twins: ended.left?.twins,
    failures,
    usage,
    costUsd,
    matching,
    passedOver: pictures.passedOver(),
    leftOut: pictures.leftOut(),
    elapsedMs,
    pricesAsOf: PRICES_AS_OF,
    together: ask.together,
    isReal: !ask.offline,
    outputs: described + skipped > 0 || job.reportsFailures ? places : [],
    failedList: isListed ? failed : undefined,
  };
}

const REDO =
  'To go on, name the pictures that are left: --redo asks again about all that are named.';

/** What to do about the reason, followed by how to go on. */
function hintOf({ hint }: GeminiImageError, ended: EndedRun, context: CommandContext) {
  const { counts, pictures, outputs, job, options } = ended;
  if (!pictures.several || options.ask.together || !job.keepsLedger) return hint;
  if (options.outputs.redo) return [hint, REDO].filter((line) => line !== undefined).join('\n');
  const goOn =
    outputs.isResumable || options.ask.cache
      ? howToGoOn(
          withShard(context.args, options.find.shard),
          outputs.ledger !== undefined && counts.described > 0,
        )
      : 'With -o captions.jsonl a run can be resumed; this one would begin anew.';
  return hint === undefined ? goOn : `${hint}\n${goOn}`;
}

/** The command that collects what is on its way: this one, in batches. */
function howToCollect({ options }: EndedRun, { args }: CommandContext): string {
  const words = withShard(args, options.find.shard);
  const [command = '', ...rest] = words;
  return howToGoOn(options.batch ? words : [command, '--batch', ...rest], true, 'To collect');
}

/** Replaces `auto` by the number of the shard, so that the command runs outside the scheduler. */
export function withShard(args: readonly string[], shard: Shard | undefined): readonly string[] {
  if (!shard) return args;
  const share = `${shard.number}/${shard.count}`;
  const end = args.indexOf('--');
  return args.flatMap((word, at) => {
    const [before] = args.slice(Math.max(at - 1, 0), at);
    if (end !== -1 && at > end) return [word];
    if (word === '--shards' || before === '--shards' || word.startsWith('--shards=')) return [];
    if (word === '--shard=auto') return [`--shard=${share}`];
    return [word === 'auto' && before === '--shard' ? share : word];
  });
}

/** Words that a shell takes unchanged; zsh treats `=word` in a special way. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/** Names of inputs that only this process can read. */
const OWN_INPUT = /^(?:-|\/dev\/stdin|\/(?:dev|proc\/self)\/fd\/\d+)$/;

/**
 * Says how to continue a run: its own command line, quoted for a shell.
 *
 * @param args the arguments as they were given, without the program.
 * @param beginning the words before it.
 * @param hasBegunAnew whether `--overwrite` has done its work, and must not do it again.
 */
export function howToGoOn(
  args: readonly string[],
  hasBegunAnew: boolean,
  beginning = 'To go on',
): string {
  const words = args.filter((arg) => !(hasBegunAnew && arg === '--overwrite'));
  const shown = words.map(withoutSecrets);
  const command = ['gemini-image', ...shown.map(quoted)].join(' ');
  const hint = shown.every((word, index) => word === words[index])
    ? ''
    : ', with the addresses in full';
  return words.some((word) => OWN_INPUT.test(word))
    ? `${beginning}, give it the same input again${hint}: … | ${command}`
    : `${beginning}${hint}: ${command}`;
}

/**
 * Output often ends up in logs, and a signed address would give access to everyone who reads them.
 */
function withoutSecrets(word: string): string {
  const shown = displayName(word);
  return shown === word ? word : `${shown}?…`;
}

/** Quotes a word for a POSIX shell. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
