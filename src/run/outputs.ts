import { dirname, extname } from 'node:path';
import { usageError } from '../domain/error.js';
import type { Task } from '../engine/engine-task.js';
import { requestsOf } from '../engine/fingerprint.js';
import { readStyles } from '../engine/read-recorded.js';
import { informedWanted, wantedOf } from '../engine/recorded-answers.js';
import { type PlanOptions, planner, restorer } from '../engine/remaining.js';
import { samenessOf } from '../engine/sameness.js';
import type { KnownAnswers, Sidecars } from '../engine/sidecars.js';
import { startsLikePicture } from '../images/find/looks-like-picture.js';
import { endingsOf, formatForFile, type OutputFormat, withMark } from '../output/formats.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { ledgerKey } from '../storage/ledger/ledger-key.js';
import { isPlainFile } from '../storage/output-file.js';
import { outputTarget } from '../storage/output-target.js';
import { ReservedFiles } from '../storage/reserved-files.js';
import { removeLeftOvers } from '../storage/temporary-file.js';
import { admit, recognitionOf } from './admission.js';
import type { JobsBeside } from './batch/on-the-way.js';
import type { CommandContext } from './context.js';
import type { Job, Outputs, ResultWriter } from './job.js';
import { isJoint, knowFrom, type OutputsPart, type RunOptions } from './options.js';
import { formatName, formatOf, printedWriter, runnerStdout, stdoutSink } from './printing.js';
import { spareLedger, sparePictures } from './spared-files.js';
import { filesRead } from './text-flag.js';
import {
  allOf,
  isStdout,
  ledgerWriter,
  openFailedList,
  openSink,
  sidecarWriter,
} from './writers.js';

/**
 * Opens everything that the run writes, so that an output that cannot be written is found before
 * anything is paid for.
 *
 * @param several whether the results are a list.
 * @param jobs the batch jobs of the ledger, if it has some.
 * @throws GeminiImageError of kind `usage`.
 */
export async function openFiles(
  job: Job,
  options: RunOptions,
  task: Task,
  several: boolean,
  context: CommandContext,
  jobs?: JobsBeside,
): Promise<Outputs> {
  const { find, outputs } = options;
  const { file, failed, overwrite, redo } = outputs;
  const { tell } = context;
  const format = await formatOf(job, outputs);
  const reserved = new ReservedFiles(filesRead(options, job.filesRead));
  const opened: ResultWriter[] = [];
  const outOfPlace = new Set<string>();
  const results = () => allOf(opened, tell);
  let isLive = false;
  let failedList: ResultWriter | undefined;
  try {
    const ledgerFile = await ledgerPath(job, outputs);
    const ledger =
      ledgerFile === undefined
        ? undefined
        : await openLedgerFor(ledgerFile, reserved, options, context);
    // A shard without a picture is done, and whoever merges must see that.
    if (ledger) opened.push(ledgerWriter(ledger, tell, find.shard !== undefined));
    if (ledgerFile !== undefined) await removeLeftOvers(dirname(ledgerFile));
    const sidecars = await sidecarsFor(task, options, reserved, ledger);
    const isPrinted = !ledger && !(sidecars && file === undefined && outputs.format === undefined);
    if (isPrinted) {
      const printed = await openPrinted(job, options, format, several, reserved, context);
      isLive = printed.isLive;
      opened.push(printed.writer);
    }
    if (file !== undefined && file !== '-') reserved.add([file], 'the results go there');
    if (outputs.sidecars?.folder !== undefined) {
      const { prepareFolder } = await import('../storage/sidecar-file.js');
      await prepareFolder(outputs.sidecars.folder);
    }
    if (sidecars) {
      opened.push(sidecarWriter(sidecars, ledger !== undefined || isPrinted, tell));
    }
    if (failed !== undefined) {
      failedList = await openFailedList(failed, find, overwrite, reserved, context);
      opened.push(failedList);
      reserved.add([failed], 'what failed is listed there');
    }
    opened.push(...((await job.openMore?.(reserved)) ?? []));
    for (const [at, writer] of opened.entries()) {
      const path = writer === failedList ? failed : file;
      if (path !== undefined) opened[at] = noting(writer, () => outOfPlace.add(path));
    }
    const joint = isJoint(options);
    const know = knowFrom(job, ledger);
    const { request } = requestsOf(task, joint);
    return {
      results: results(),
      plan: await planner({
        ledger: redo ? undefined : ledger,
        sidecars,
        isWanted: wantedIn(ledger, outputs),
        isOnItsWay: await testOfJobs(jobs, request, task, context),
        wanted: wantedOf(task, joint),
        wantedAbout: know && informedWanted({ ...task, know }, joint),
        together: joint,
        passesRejected: outputs.redoRejected,
        signal: context.signals.abort,
      }),
      know,
      readRecorded: async ({ partly }) => (ledger ? readStyles(partly, ledger) : {}),
      restore: restorer({ ledger, sidecars, onDone: job.onDone }),
      inOrder: isPrinted,
      // Files beside the pictures do not show whether they are older than the run.
      isResumable: ledger !== undefined || (sidecars !== undefined && !overwrite && !redo),
      ledger,
      request,
      isLive,
      places: placesOf(outputs),
      displaced: () => ledger?.displaced,
      admit(image, { sidecar }) {
        const admitOthers = () => job.admit?.(image);
        return sidecar === undefined ? admitOthers() : sidecars?.admit(sidecar).then(admitOthers);
      },
      isOutOfPlace: (path) => outOfPlace.has(path),
      setAside: () => sidecars?.setAside() ?? 0,
    };
  } catch (error) {
    await results()
      .abandon()
      .catch(() => undefined);
    throw error;
  }
}

/** The test whether a question is on its way in a batch job; undefined if there are no jobs. */
export async function testOfJobs(
  jobs: JobsBeside | undefined,
  request: string,
  task: Task,
  { signals }: CommandContext,
): Promise<PlanOptions['isOnItsWay']> {
  if (!jobs) return undefined;
  const { onItsWayIn } = await import('./batch/on-the-way.js');
  return onItsWayIn(jobs, request, samenessOf(task), signals.abort);
}

/** A writer that reports if what it wrote could not be put in place. */
function noting(writer: ResultWriter, onFailure: () => void): ResultWriter {
  return {
    ...writer,
    finish: (reason) =>
      writer.finish(reason).catch((error: unknown) => {
        onFailure();
        throw error;
      }),
  };
}

/** Opens the output for printed results: stdout, or a file that is not a ledger. */
async function openPrinted(
  job: Job,
  { ask, outputs }: RunOptions,
  format: OutputFormat,
  several: boolean,
  reserved: ReservedFiles,
  context: CommandContext,
): Promise<{ writer: ResultWriter; isLive: boolean }> {
  const { file: output, overwrite } = outputs;
  const { tell } = context;
  const { reportsFailures = false } = job;
  const isFile = output !== undefined && output !== '-' && (await isPlainFile(output));
  const sink =
    output === undefined || (await isStdout(output))
      ? stdoutSink(await runnerStdout(formatName(outputs), context))
      : await openFile(output, overwrite);
  const plain = format.create(several && !ask.together);
  const { fileMark } = format;
  const isMarked = isFile && extname(output).toLowerCase() === '.csv';
  const formatter = isMarked && fileMark !== undefined ? withMark(plain, fileMark) : plain;
  const writer = printedWriter(formatter, sink, { reportsFailures, tell });
  // Only text is shown before it is complete.
  return { writer, isLive: sink.live && format === job.formats.text };

  async function openFile(path: string, overwrite: boolean) {
    if (isFile) {
      // First check whether it is one of the input files.
      await outputTarget(path, reserved);
      await spareLedger(path, job.isOwnRecord);
      await sparePictures(path, '-o');
    }
    const admission = await admit(path, reserved, overwrite, {
      ...(await recognitionOf(format.mark)),
      flag: '-o',
      keepsNone: reportsFailures,
    });
    return openSink(path, reserved, admission, job.done, tell);
  }
}

/**
 * Checks that the ending of the `-o` file names a format, unless a flag does. A file without an
 * ending gets text, and so does anything that is not a regular file.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function checkEnding(
  { formats }: Pick<Job, 'formats'>,
  { format, file: output }: Pick<OutputsPart, 'format' | 'file'>,
): Promise<void> {
  if (output === undefined || format !== undefined) return;
  const wanted = formatForFile(output);
  if (extname(output) === '' || Object.hasOwn(formats, wanted ?? '')) return;
  if (!(await isPlainFile(output))) return;
  // A picture is refused elsewhere, with a better reason.
  if (await startsLikePicture(output).catch(() => false)) return;
  const names = Object.keys(formats);
  throw usageError(
    wanted
      ? `${output} asks for ${wanted} by its ending, which this command does not write`
      : `${output} ends in ${extname(output)}, which says no format that this command writes`,
    `Name a file that ends in ${endingsOf(names)}, or give a format with -f: ${names.join(', ')}.`,
  );
}

/** The path of the ledger, if the output is one. */
export async function ledgerPath(
  { keepsLedger }: Job,
  { file, format }: Pick<OutputsPart, 'format' | 'file'>,
): Promise<string | undefined> {
  if (!keepsLedger || file === undefined || file === '-') return undefined;
  if ((format ?? formatForFile(file)) !== 'jsonl') return undefined;
  return (await isPlainFile(file)) ? file : undefined;
}

/** Undefined if results do not go to files beside the pictures. */
export async function sidecarsFor(
  task: Task,
  { ask, outputs }: Pick<RunOptions, 'ask' | 'outputs'>,
  reserved: ReservedFiles,
  known?: KnownAnswers,
): Promise<Sidecars | undefined> {
  if (!outputs.sidecars) return undefined;
  const { ending, folder, fullName, prefix, suffix } = outputs.sidecars;
  const { sidecarsOf } = await import('../engine/sidecars.js');
  const { parseSidecarExtension } = await import('./sidecar-ending.js');
  const isJson = task.brief.schema !== undefined;
  const requests = wantedOf(task, false).map(({ request }) => request);
  const isOffline = ask.offline;
  const offline = requestsOf({ ...task, isLocal: true, isOffline: true }, false);
  const extension = ending === undefined ? 'txt' : parseSidecarExtension(ending, isJson);
  return sidecarsOf({
    ...{ extension, fullName, folder, prefix, suffix, reserved, requests, isOffline },
    ...{ offlineRequest: offline.request, known },
    overwrite: outputs.overwrite || outputs.redo || outputs.redoRejected,
  });
}

async function openLedgerFor(
  path: string,
  untouchable: ReservedFiles,
  { batch, outputs: { overwrite } }: RunOptions,
  { tell }: CommandContext,
): Promise<Ledger> {
  const { openLedger } = await import('../storage/ledger/ledger.js');
  // What a batch run has just taken in is looked for again.
  return openLedger(path, { overwrite, untouchable, findsOwn: batch !== undefined, tell });
}

function placesOf({ file, sidecars }: OutputsPart): string[] {
  return [
    ...(file === undefined || file === '-' ? [] : [file]),
    ...(sidecars ? [sidecars.folder ?? 'files beside the pictures'] : []),
  ];
}

/**
 * Which pictures `--redo-failed` and `--redo-rejected` mean; undefined if all are meant.
 *
 * @throws GeminiImageError of kind `usage` if no file tells what failed or was rejected.
 */
export function wantedIn(
  ledger: { hasFailed(key: string): boolean; hasRejected(key: string): boolean } | undefined,
  { redoFailed, redoRejected }: OutputsPart,
): PlanOptions['isWanted'] {
  if (!redoFailed && !redoRejected) return undefined;
  if (ledger) {
    return (images) => {
      const key = ledgerKey(images.map(({ id }) => id));
      return (redoFailed && ledger.hasFailed(key)) || (redoRejected && ledger.hasRejected(key));
    };
  }
  const [flag, what] = redoFailed
    ? ['--redo-failed', 'what failed']
    : ['--redo-rejected', 'what was rejected'];
  throw usageError(
    `${flag} needs a results file that says ${what}`,
    'Name the one of an earlier run with -o, such as -o captions.jsonl.',
  );
}
