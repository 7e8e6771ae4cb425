import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { usageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { withNames } from '../../domain/record.js';
import type { Outcome } from '../../engine/outcome.js';
import { displayName } from '../../images/find/reference.js';
import type { Formatter, OutputFormat } from '../../output/formats.js';
import { count } from '../../output/quantities.js';
import type { CommandContext, Tally } from '../../run/context.js';
import type { Job, ResultWriter } from '../../run/job.js';
import { hasJournal } from '../../run/jobs-beside.js';
import type { RunOptions } from '../../run/options.js';
import { onEach, printedWriter, stdoutSink } from '../../run/printing.js';
import { fileOfFlag, readNamedText, readStdinText } from '../../run/text-flag.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import type { ReservedFiles } from '../../storage/reserved-files.js';
import { checkBrief } from './check-brief.js';
import { type VerdictFormat, verdictFormats } from './formats.js';
import { MOST_BYTES, stepSummary } from './github.js';
import { repositoryPath } from './repository-path.js';
import type { CheckResult } from './verdict.js';
import { countVerdicts } from './verdicts.js';

export interface CheckOptions {
  /** Claims. */
  that?: readonly string[] | undefined;
  /** A file with more claims, one a line; `-` is standard input. */
  claims?: string | undefined;
  /** How many times each question is asked; 1 by default. */
  votes?: number | undefined;
}

export interface CheckJob {
  job: Job;
  /** The options to run the job with. */
  options: RunOptions;
  /** How many claims do not hold so far, and how many could not be judged. */
  claims(): NonNullable<Tally['claims']>;
}

/**
 * The job of `check`: its questions, and what happens with the verdicts.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function checkJob(
  options: CheckOptions,
  run: RunOptions,
  context: CommandContext,
): Promise<CheckJob> {
  const { votes = 1 } = options;
  const { together } = run.ask;
  const { format, file } = run.outputs;
  const keepsLedger =
    run.batch !== undefined || (file !== undefined && file !== '-' && hasJournal(file));
  const isGitHub = format === 'github';
  const hasFile = isGitHub && file !== undefined && file !== '-';
  const claims = await readClaims(options, run.find, context);
  const { workspace } = await context.settings({});
  const counts = { holds: 0, fails: 0, unclear: 0 };
  /** The pictures whose verdicts are counted. */
  const counted = new Set<string>();
  const add = (image: string, result: CheckResult) => {
    const { holds, fails, unclear } = countVerdicts(result);
    counts.holds += holds;
    counts.fails += fails;
    counts.unclear += unclear;
    counted.add(image);
  };
  const counter = onEach(async ({ record }: Outcome<CheckResult>) => {
    if (record.status !== 'ok' || !record.data) return;
    add('image' in record ? record.image : '', record.data);
  });
  return {
    job: {
      brief: checkBrief(claims, { together }),
      votes,
      formats: formatsFor(claims, workspace),
      // The verdicts of batch jobs come in several runs, so that their file is a ledger.
      keepsLedger,
      async onDone({ id }, read) {
        if (counted.has(id)) return;
        const { data } = await read();
        if (isCheckResult(data)) add(id, data);
      },
      reportsFailures: true,
      isOwnRecord: (record) => record.status === 'ok' && isCheckResult(record.data),
      done: 'checked',
      filesRead: [claimsFileOf(options)].filter((path) => path !== undefined),
      openMore: async (reserved) => [
        counter,
        ...(isGitHub ? await openForGitHub(hasFile, workspace, reserved, context) : []),
      ],
      comesTo: () => inWords(counts),
    },
    // The annotations for GitHub go to stdout. The file has its own format, given by its ending.
    options: hasFile ? { ...run, outputs: { ...run.outputs, format: undefined } } : run,
    claims: () => ({ fail: counts.fails, unclear: counts.unclear }),
  };
}

/**
 * @param besides whether the verdicts go to a file, so that annotations go to stdout in addition.
 */
async function openForGitHub(
  besides: boolean,
  workspace: string | undefined,
  reserved: ReservedFiles,
  context: CommandContext,
): Promise<ResultWriter[]> {
  const summary = await openStepSummary(reserved, context);
  if (!besides) return [summary];
  const formatter = annotationsIn(workspace);
  const { stdout, tell } = context;
  return [summary, printedWriter(formatter, stdoutSink(stdout), { reportsFailures: true, tell })];
}

function formatsFor(
  claims: readonly string[],
  workspace: string | undefined,
): Record<string, OutputFormat> {
  const formats: Record<string, OutputFormat> = Object.fromEntries(
    Object.entries<VerdictFormat>(verdictFormats).map(([name, { create, mark }]) => [
      name,
      { create: (several: boolean) => create({ several, claims }), ...(mark && { mark }) },
    ]),
  );
  // More people read a report than those who ran the command, and an address may hold a secret.
  const junit = (several: boolean) =>
    renaming(verdictFormats.junit.create({ several, claims }), displayName);
  return {
    ...formats,
    junit: { create: junit, mark: verdictFormats.junit.mark },
    github: { create: () => annotationsIn(workspace) },
  };
}

function annotationsIn(workspace: string | undefined): Formatter<CheckResult> {
  return renaming(verdictFormats.github.create(), (image) => repositoryPath(image, workspace));
}

/** A format that shows pictures under other names. */
function renaming(
  formatter: Formatter<CheckResult>,
  rename: (image: string) => string,
): Formatter<CheckResult> {
  return {
    ...formatter,
    record: (record, tookMs) => formatter.record(withNames(record, rename), tookMs),
  };
}

async function readClaims(
  options: CheckOptions,
  find: RunOptions['find'],
  context: CommandContext,
): Promise<string[]> {
  const file = claimsFileOf(options);
  const listed = file === undefined ? '' : await readClaimsFile(file, find, context);
  const lines = listed.split(/\r?\n/);
  // In a file, # begins a comment. A claim that begins with # can be given by --that.
  const claims = [...(options.that ?? []), ...lines.filter((line) => !/^\s*(?:#|$)/.test(line))];
  if (options.that?.some((claim) => claim.trim() === '')) {
    throw usageError('a claim is empty', 'Say what is to hold: --that "the page has a footer".');
  }
  if (claims.length > 0) return claims;
  throw file === undefined
    ? usageError('there is no claim to judge', 'Give one: --that "the page has a footer".')
    : usageError(`there is no claim in ${file}`, 'Write one a line.');
}

/** Reads the claims file, or standard input for `-`. */
async function readClaimsFile(
  file: string,
  { images, filesFrom }: RunOptions['find'],
  { stdin, signals }: CommandContext,
): Promise<string> {
  if (file !== '-') return readNamedText(file, 'the list of claims', signals.abort);
  if (images.includes('-') || filesFrom === '-') {
    throw usageError('stdin can be read only once', 'Give the claims or the pictures as files.');
  }
  return readStdinText(stdin.stream(), 'the list of claims', signals.abort);
}

/** A plain path, with or without an `@` in front. */
function claimsFileOf({ claims }: CheckOptions): string | undefined {
  return fileOfFlag(claims) ?? claims;
}

function inWords({ holds, fails, unclear }: Record<'holds' | 'fails' | 'unclear', number>) {
  const parts = [
    `${count(holds)} ${holds === 1 ? 'claim holds' : 'claims hold'}`,
    fails > 0 && `${count(fails)} ${fails === 1 ? 'fails' : 'fail'}`,
    unclear > 0 && `${count(unclear)} unclear`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** Whether a record holds verdicts. An answer to a user's own schema may look similar. */
function isCheckResult(data: unknown): data is CheckResult {
  if (!isObject(data) || !Array.isArray(data.verdicts) || data.verdicts.length === 0) return false;
  return data.verdicts.every((one) => isObject(one) && 'claim' in one && 'verdict' in one);
}

/** Opening a pipe must not wait for its reader; Windows has no such flag. */
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = constants;

/**
 * In GitHub Actions, adds a table of the verdicts to the summary of the step. If it cannot be
 * written, that is only a warning: the verdicts are printed anyway.
 *
 * @param reserved other files that the run reads or writes.
 */
async function openStepSummary(
  reserved: ReservedFiles,
  { settings, tell }: CommandContext,
): Promise<ResultWriter> {
  const { stepSummary: path } = await settings({});
  if (path === undefined) return onEach(async () => {});
  const stats = await stat(path).catch(() => undefined);
  if (stats && (stats.isFIFO() || stats.isSocket())) {
    // Writing to a pipe could wait for a reader for ever.
    tell({ type: 'noStepSummary', why: `${path} is no file` });
    return onEach(async () => {});
  }
  const size = stats?.size ?? 0;
  const summary = stepSummary(MOST_BYTES - size);
  return {
    async add({ record }: Outcome<CheckResult>) {
      summary.add(withNames(record, displayName));
      return undefined;
    },
    async finish() {
      try {
        await addTo(path, summary.render(), reserved);
      } catch (error) {
        const { message } = error instanceof Error ? error : writeFailure(path, error);
        tell({ type: 'noStepSummary', why: message });
      }
    },
    abandon: async () => {},
  };
}

async function addTo(path: string, text: string, reserved: ReservedFiles): Promise<void> {
  const { target } = await outputTarget(path, reserved);
  try {
    const file = await open(target, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK);
    await file.appendFile(text).finally(() => file.close());
  } catch (error) {
    throw writeFailure(path, error);
  }
}
