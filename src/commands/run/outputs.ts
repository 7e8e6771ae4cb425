import { extname } from 'node:path';
import type { CaptionTask } from '../../captions/caption-task.js';
import { type Finished, finishedBy } from '../../captions/finished.js';
import { requestFingerprint } from '../../captions/request-fingerprint.js';
import type { Sidecars } from '../../captions/sidecars.js';
import { GeminiImageError } from '../../domain/error.js';
import type { FindInputs } from '../../images/find/find-images.js';
import { startsLikePicture } from '../../images/find/looks-like-picture.js';
import type { ImageReference } from '../../images/find/reference.js';
import {
  endingsOf,
  formatForFile,
  type OutputFormat,
  outputFormats,
  withMark,
} from '../../output/formats.js';
import { count } from '../../output/quantities.js';
import { isPlainFile } from '../../storage/descriptor.js';
import { ledgerKey } from '../../storage/ledger/finished-index.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { CommandContext } from '../context.js';
import { openFailedList } from './failed-list.js';
import type { Job } from './job.js';
import { allOf, ledgerWriter, printedWriter, type ResultWriter, sidecarWriter } from './results.js';
import { runnerStdout } from './runner-stdout.js';
import { openSink } from './sink.js';
import { spareLedger, sparePictures } from './spared-files.js';
import type { RunFlags } from './task.js';

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
  const { reportsFailures = false } = job;
  const format = formatOf(job, flags);
  const sidecars = await sidecarsFor(flags);
  const opened: ResultWriter[] = [];
  let isLive = false;
  try {
    const ledgerFile = await ledgerPath(job, flags);
    const untouchable = filesRead(inputs, job);
    const ledger =
      ledgerFile === undefined
        ? undefined
        : await openLedgerFor(ledgerFile, untouchable, flags, context);
    const isPrinted = !ledger && !(sidecars && output === undefined && flags.format === undefined);
    if (ledger) opened.push(ledgerWriter(ledger));
    if (isPrinted) {
      const isFile = output !== undefined && output !== '-' && (await isPlainFile(output));
      if (isFile) {
        await spareLedger(output, job.isOwnRecord);
      }
      const stdout = await runnerStdout(formatName(flags), context);
      const sink = await openSink(output, untouchable, stdout);
      // Only text is shown before it is whole.
      isLive = sink.live && format === job.formats.text;
      const onLeftOut = () =>
        context.talk.warn(`${output} is left as it was: no picture was ${job.done}`);
      const plain = format.create(several && !together);
      const { fileMark } = format;
      const formatter = isFile && fileMark !== undefined ? withMark(plain, fileMark) : plain;
      opened.push(printedWriter(formatter, sink, { reportsFailures, onLeftOut }));
    }
    await sparePictures(output);
    if (flags.sidecarDir !== undefined) {
      const { prepareFolder } = await import('../../storage/sidecar-file.js');
      await prepareFolder(flags.sidecarDir);
    }
    if (sidecars) opened.push(sidecarWriter(sidecars));
    if (flags.failed !== undefined) {
      await sparePictures(flags.failed);
      opened.push(await openFailedList(flags, [...untouchable, output ?? []].flat(), context));
    }
    const written = [output, flags.failed].filter((path) => path !== undefined);
    opened.push(...((await job.openMore?.([...untouchable, ...written])) ?? []));
    const request = requestFingerprint(task, together);
    const { signal } = context;
    return {
      results: allOf(opened),
      finished: finishedBy({
        ledger: flags.redo ? undefined : ledger,
        sidecars,
        onDone: job.onDone,
        request,
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
    };
  } catch (error) {
    await allOf(opened).discard();
    throw error;
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
export async function sidecarsFor({
  sidecar,
  sidecarDir: folder,
  sidecarName,
  prefix = '',
  suffix = '',
  overwrite = false,
  redo = false,
}: RunFlags): Promise<Sidecars | undefined> {
  if (sidecar === undefined && folder === undefined) return undefined;
  const { parseSidecarExtension, sidecarsOf } = await import('../../captions/sidecars.js');
  const extension = typeof sidecar === 'string' ? parseSidecarExtension(sidecar) : 'txt';
  const fullName = sidecarName === 'full';
  return sidecarsOf({ extension, fullName, folder, prefix, suffix, overwrite: overwrite || redo });
}

async function openLedgerFor(
  path: string,
  untouchable: readonly string[],
  { overwrite = false, debug = false }: RunFlags,
  { talk }: CommandContext,
): Promise<Ledger> {
  const { openLedger } = await import('../../storage/ledger/ledger.js');
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

/** The files that the run is known to read, which its output must not write over. */
function filesRead({ images, filesFrom }: FindInputs, job: Job): string[] {
  const files = [...images, filesFrom ?? [], ...job.filesRead, '.env'].flat();
  return files.map((name) => (name === '-' ? '/dev/stdin' : name));
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
