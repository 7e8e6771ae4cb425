import { dirname, extname } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { CaptionTask } from '../engine/engine-task.js';
import { requestFingerprint } from '../engine/fingerprint.js';
import { type Finished, finishedBy } from '../engine/remaining.js';
import { samenessOf } from '../engine/sameness.js';
import type { Sidecars } from '../engine/sidecars.js';
import type { FindInputs } from '../images/find/find-images.js';
import { startsLikePicture } from '../images/find/looks-like-picture.js';
import type { ImageReference } from '../images/find/reference.js';
import {
  endingsOf,
  formatForFile,
  type OutputFormat,
  outputFormats,
  withMark,
} from '../output/formats.js';
import { count } from '../output/quantities.js';
import { ledgerKey } from '../storage/ledger/index-of-finished.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { isPlainFile } from '../storage/output-file.js';
import { outputTarget } from '../storage/output-target.js';
import { ReservedFiles } from '../storage/reserved-files.js';
import { removeLeftOvers } from '../storage/temporary-file.js';
import { admit, recognitionOf } from './admission.js';
import type { CommandContext } from './context.js';
import { filesRead } from './inputs.js';
import type { Job, ResultWriter } from './job.js';
import type { RunFlags } from './options.js';
import { runnerStdout } from './runner-stdout.js';
import { spareLedger, sparePictures } from './spared-files.js';
import {
  allOf,
  isStdout,
  ledgerWriter,
  openFailedList,
  openSink,
  printedWriter,
  sidecarWriter,
  stdoutSink,
  warnOfNoLock,
} from './writers.js';

/** Where the results of a run go, and what earlier runs have left there. */
export interface Outputs {
  results: ResultWriter;
  finished: Finished;
  /** Which pictures are to be asked about at all, where not all are that are not finished. */
  isWanted?: ((images: readonly ImageReference[]) => boolean) | undefined;
  /** Whether results are wanted in the order of the pictures. */
  inOrder: boolean;
  /** Whether the same command goes on where this run ends. */
  isResumable: boolean;
  /** Whether there is a ledger, which is begun anew only once. */
  ledger: boolean;
  /** Whether text is seen as soon as it is written. */
  isLive: boolean;
  /** Where the results are, for people. */
  places: readonly string[];
  /** Says at the end where the results are, if the ledger is not in its place any more. */
  displaced(): GeminiImageError | undefined;
  /** Throws a GeminiImageError where the answer about a picture would have no place. */
  admit(image: ImageReference): Promise<void>;
  /** How many files beside pictures were set aside so far. */
  setAside(): number;
}

/**
 * Opens everything that the run writes, so that a place that cannot be written to is found out
 * before anything is paid for.
 *
 * @param several whether the results are a list.
 * @throws GeminiImageError of kind `usage`.
 */
export async function openOutputs(
  inputs: FindInputs,
  job: Job,
  flags: RunFlags,
  task: CaptionTask,
  several: boolean,
  context: CommandContext,
): Promise<Outputs> {
  const { output, together = false } = flags;
  const { talk } = context;
  const format = formatOf(job, flags);
  const reserved = new ReservedFiles(filesRead(inputs, job.filesRead));
  const sidecars = await sidecarsFor(task, flags, reserved);
  const opened: ResultWriter[] = [];
  const results = () => allOf(opened, talk.error);
  let isLive = false;
  try {
    const ledgerFile = await ledgerPath(job, flags);
    const ledger =
      ledgerFile === undefined
        ? undefined
        : await openLedgerFor(ledgerFile, reserved, flags, context);
    if (ledgerFile !== undefined) await removeLeftOvers(dirname(ledgerFile));
    const isPrinted = !ledger && !(sidecars && output === undefined && flags.format === undefined);
    if (ledger) opened.push(ledgerWriter(ledger));
    if (isPrinted) {
      const printed = await openPrinted(job, flags, format, several, reserved, context);
      isLive = printed.isLive;
      opened.push(printed.writer);
    }
    if (output !== undefined && output !== '-') reserved.add([output], 'the results go there');
    if (flags.sidecarDir !== undefined) {
      const { prepareFolder } = await import('../storage/sidecar-file.js');
      await prepareFolder(flags.sidecarDir);
    }
    if (sidecars) opened.push(sidecarWriter(sidecars, ledger !== undefined || isPrinted));
    if (flags.failed !== undefined) {
      opened.push(await openFailedList(flags.failed, inputs, flags, reserved, context));
      reserved.add([flags.failed], 'what failed is listed there');
    }
    opened.push(...((await job.openMore?.(reserved)) ?? []));
    const request = requestFingerprint(task, together);
    const { signal } = context;
    return {
      results: results(),
      finished: finishedBy({
        ledger: flags.redo ? undefined : ledger,
        sidecars,
        onDone: job.onDone,
        request,
        sameness: samenessOf(task),
        signal,
      }),
      isWanted: wantedIn(ledger, flags),
      inOrder: isPrinted,
      // Files beside the pictures do not say whether they are older than the run.
      isResumable:
        ledger !== undefined || (sidecars !== undefined && !flags.overwrite && !flags.redo),
      ledger: ledger !== undefined,
      isLive,
      places: placesOf(flags),
      displaced: () => ledger?.displaced,
      async admit(image) {
        if (sidecars) await sidecars.admit(sidecars.placeFor(image));
        await job.admit?.(image);
      },
      setAside: () => sidecars?.setAside() ?? 0,
    };
  } catch (error) {
    await results()
      .abandon()
      .catch(() => undefined);
    throw error;
  }
}

/** Opens what the results are printed to: stdout, or a file that is not a ledger. */
async function openPrinted(
  job: Job,
  flags: RunFlags,
  format: OutputFormat,
  several: boolean,
  reserved: ReservedFiles,
  context: CommandContext,
): Promise<{ writer: ResultWriter; isLive: boolean }> {
  const { output, overwrite = false, together = false } = flags;
  const { talk } = context;
  const { reportsFailures = false } = job;
  const isFile = output !== undefined && output !== '-' && (await isPlainFile(output));
  const sink =
    output === undefined || (await isStdout(output))
      ? stdoutSink(await runnerStdout(formatName(flags), context))
      : await openFile(output, overwrite);
  const plain = format.create(several && !together);
  const { fileMark } = format;
  const formatter = isFile && fileMark !== undefined ? withMark(plain, fileMark) : plain;
  const writer = printedWriter(formatter, sink, {
    reportsFailures,
    onLeftOut: () => talk.warn(`${output} is left as it was: no picture was ${job.done}`),
    onKept: (path) => talk.warn(`what was finished is in ${path}`),
  });
  // Only text is shown before it is whole.
  return { writer, isLive: sink.live && format === job.formats.text };

  async function openFile(path: string, overwrite: boolean) {
    if (isFile) {
      // Whether it is one of the files that are read is said first.
      await outputTarget(path, reserved);
      await spareLedger(path, job.isOwnRecord);
      await sparePictures(path, '-o');
    }
    const admission = await admit(path, reserved, overwrite, {
      ...(await recognitionOf(format.mark)),
      flag: '-o',
      keepsNone: reportsFailures,
    });
    return openSink(path, reserved, admission, (why) => warnOfNoLock(talk, path, why));
  }
}

/** What `--format` says, or else the ending of the file. */
function formatName({ format, output }: RunFlags): string {
  return format ?? formatForFile(output ?? '') ?? 'text';
}

function formatOf({ formats }: Job, flags: RunFlags): OutputFormat {
  return formats[formatName(flags)] ?? outputFormats.text;
}

/**
 * Sees that the ending of the file that `-o` names says how its results are to be written, unless a
 * flag does. A file without an ending gets text, and so does what is no regular file.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function checkEnding(
  { formats }: Pick<Job, 'formats'>,
  { format, output }: { format?: string | undefined; output?: string | undefined },
): Promise<void> {
  if (output === undefined || format !== undefined) return;
  const wanted = formatForFile(output);
  if (extname(output) === '' || Object.hasOwn(formats, wanted ?? '')) return;
  if (!(await isPlainFile(output))) return;
  // A picture is refused for what it is.
  if (await startsLikePicture(output).catch(() => false)) return;
  const names = Object.keys(formats);
  throw new GeminiImageError({
    kind: 'usage',
    message: wanted
      ? `${output} asks for ${wanted} by its ending, which this command does not write`
      : `${output} ends in ${extname(output)}, which says no format that this command writes`,
    hint: `Name a file that ends in ${endingsOf(names)}, or give a format with -f: ${names.join(', ')}.`,
  });
}

/** The file that remembers what is finished, where the output is one. */
export async function ledgerPath(
  { keepsLedger }: Job,
  { output, dryRun = false, format }: RunFlags,
): Promise<string | undefined> {
  if (!keepsLedger || output === undefined || output === '-') return undefined;
  // Of a dry run, the format is that of the estimate.
  const wanted = dryRun ? undefined : format;
  if ((wanted ?? formatForFile(output)) !== 'jsonl') return undefined;
  return (await isPlainFile(output)) ? output : undefined;
}

/** Undefined where the results go to no files beside the pictures. */
export async function sidecarsFor(
  task: CaptionTask,
  flags: RunFlags,
  reserved: ReservedFiles,
): Promise<Sidecars | undefined> {
  const { sidecar, sidecarDir: folder, sidecarName } = flags;
  const { prefix = '', suffix = '', overwrite = false, redo = false } = flags;
  if (sidecar === undefined && folder === undefined) return undefined;
  const { sidecarsOf } = await import('../engine/sidecars.js');
  const { parseSidecarExtension } = await import('./sidecar-ending.js');
  const isJson = task.brief.schema !== undefined;
  const request = requestFingerprint(task, false);
  const isOffline = flags.offline ?? false;
  const extension = typeof sidecar === 'string' ? parseSidecarExtension(sidecar, isJson) : 'txt';
  const fullName = sidecarName === 'full';
  return sidecarsOf({
    ...{ extension, fullName, folder, prefix, suffix, reserved, request, isOffline },
    overwrite: overwrite || redo,
  });
}

async function openLedgerFor(
  path: string,
  untouchable: ReservedFiles,
  { overwrite = false, debug = false }: RunFlags,
  { talk }: CommandContext,
): Promise<Ledger> {
  const { openLedger } = await import('../storage/ledger/ledger.js');
  return openLedger(path, {
    overwrite,
    untouchable,
    onSetAside: (records, aside) => talk.note(setAsideNote(path, records, aside)),
    onDamaged: talk.warn,
    onMoved: talk.warn,
    onRepair: (what) => {
      if (debug) talk.note(`${path}: ${what}`);
    },
    onNoLock: (why) =>
      talk.warn(`${path} cannot be locked (${why}); make sure that no other run writes to it`),
  });
}

function placesOf({ output, sidecar, sidecarDir }: RunFlags): string[] {
  return [
    ...(output === undefined || output === '-' ? [] : [output]),
    ...(sidecarDir !== undefined ? [sidecarDir] : []),
    ...(sidecar !== undefined && sidecarDir === undefined ? ['files beside the pictures'] : []),
  ];
}

/**
 * Which pictures `--redo-failed` means; undefined where all are meant.
 *
 * @throws GeminiImageError of kind `usage` where nothing remembers what failed.
 */
export function wantedIn(
  ledger: { hasFailed(key: string): boolean } | undefined,
  { redoFailed = false }: RunFlags,
): Outputs['isWanted'] {
  if (!redoFailed) return undefined;
  if (ledger) return (images) => ledger.hasFailed(ledgerKey(images.map(({ name }) => name)));
  throw new GeminiImageError({
    kind: 'usage',
    message: '--redo-failed needs a results file that says what failed',
    hint: 'Name the one of an earlier run with -o, such as -o captions.jsonl.',
  });
}

function setAsideNote(path: string, records: number, aside: string): string {
  const kept = records === 1 ? '1 record is' : `${count(records)} records are`;
  return `${path} is begun anew; its ${kept} kept in ${aside}`;
}
