import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from '../domain/error.js';
import type { AltOptions, AltResult } from '../pages/alt-run.js';
import type { ReportFormat } from '../pages/report/finding.js';
import type { ReportFormatName } from '../pages/report/formats.js';
import { STATUSES, type Status } from '../pages/status.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { addModelFlags, addPaceFlags, addPreparingFlags, addServiceFlags } from './flags/groups.js';
import { checkFlags } from './flags/rules.js';
import { type RunFlags, runOptions } from './flags/run-flags.js';
import {
  addFileFlags,
  addTalkFlags,
  collect,
  type JsonShape,
  MOST,
  wholeNumber,
} from './flags/values.js';
import { beginRun } from './picture-command.js';

const examples = `
Examples:
  gemini-image alt site/ --check                   (no key, no call; exits with 1)
  gemini-image alt site/ --dry-run                 (how many, how long, how much)
  gemini-image alt site/ > alt.patch               (look at it; git apply alt.patch)
  gemini-image alt site/ --write                   (asks nothing twice)
  gemini-image alt "docs/**/*.md" --lang de --write
  gemini-image alt site/ --audit -f sarif > alt.sarif

What an expression or a template makes is left and counted. <!-- gemini-image-ignore --> before an
element leaves it out. docs/alt-text.md says which images are found, and what is told of each.`;

/** Names only: the modules of the formats load when one is used. */
const FORMATS = ['text', 'json', 'github', 'junit', 'sarif'] as const satisfies ReportFormatName[];

interface AltFlags extends RunFlags {
  ignoreFile?: string;
  wiki?: boolean;
  frontMatter?: boolean;
  root?: string;
  baseurl?: string;
  allowOutside?: boolean;
  check?: boolean;
  audit?: boolean;
  write?: boolean;
  only?: readonly Status[];
  empty?: boolean;
  lang?: string;
  format?: ReportFormatName;
}

export const altCommand: CommandDefinition = {
  define(command, run) {
    command.argument('[page...]', 'files, folders or quoted globs');
    addPageFlags(command);
    addChoiceFlags(command);
    addPictureFlags(command);
    addPreparingFlags(command);
    addModelFlags(command);
    addServiceFlags(command);
    addPaceFlags(command);
    addFileFlags(command.optionsGroup('Options:'));
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((pages: string[], flags: AltFlags) =>
        run(flags, (context) => alt(pages, flags, context)),
      );
  },
};

function addPageFlags(command: Command): void {
  command
    .optionsGroup('Pages:')
    .option('--exclude <glob>', 'leave out what matches; repeatable', collect)
    .option(
      '--ignore-file <file>',
      'leave out the pages and pictures that it lists, as .gitignore does',
    )
    .option('--include-all', 'look at what .gitignore names, hidden files and node_modules, too')
    .option('--wiki', 'in Markdown, take ![[x.png]] for an image')
    .option('--front-matter', 'take what the keys image and cover of the front matter name');
}

function addChoiceFlags(command: Command): void {
  command
    .optionsGroup('Which images:')
    .option(
      '--only <statuses>',
      `only these of ${STATUSES.join(', ')} (default: missing,placeholder; of --audit all)`,
      statuses,
    )
    .option('--empty', 'do not trust alt="": take it for missing')
    .option('--limit <n>', 'only the first n that are not done', wholeNumber(1, MOST))
    .optionsGroup('What is done (without any of these, a diff is printed):')
    .option('--write', 'change the pages; every other byte stays')
    .option('--check', 'list them, without a key and a call; exit with 1 if there are any')
    .option(
      '--audit',
      'judge the texts that are there: exit with 1 if one is wrong, 7 if it cannot be told',
    )
    .addOption(
      new Option('-f, --format <format>', 'how --check and --audit print their list').choices(
        FORMATS,
      ),
    )
    .option('--lang <tag>', 'the language of the texts; by default that of each page')
    .option('-o, --output <file>', 'a results file x.jsonl, with which a later run goes on')
    .option('--redo', 'ask again about all that are found')
    .option('--no-cache', 'neither keep answers on this machine nor use those that are there');
}

function addPictureFlags(command: Command): void {
  command
    .optionsGroup('Their pictures:')
    .option('--root <folder>', 'what / means in addresses such as /img/a.png')
    .option('--baseurl <path>', 'what stands before such addresses on the site, such as /blog')
    .option('--allow-outside', 'read pictures outside of the folder of the pages or its repository')
    .option('--allow-private-hosts', 'fetch from private, loopback and link-local addresses too');
}

/** Parses statuses, one or several with commas between them; the flag may be repeated. */
function statuses(value: string, before: readonly Status[] = []): readonly Status[] {
  const names = value.split(',').map((name) => name.trim());
  const known = STATUSES.filter((status) => names.includes(status));
  if (names.some((name) => !known.some((status) => status === name))) {
    throw new InvalidArgumentError(`Give some of ${STATUSES.join(', ')}, with commas between.`);
  }
  return [...before, ...known];
}
statuses.inJson = {
  type: ['string', 'array'],
  items: { type: 'string' },
} as const satisfies JsonShape;

async function alt(
  names: readonly string[],
  flags: AltFlags,
  context: CommandContext,
): Promise<Tally> {
  if (names.length === 0) {
    throw usageError(
      'name at least one page',
      'For example: gemini-image alt "site/**/*.html" --check',
    );
  }
  checkFlags(flags);
  expectTogether(flags);
  if (flags.check) return check(names, flags, context);
  return ask(names, flags, context);
}

/** @throws GeminiImageError of kind `usage` if flags do not go together. */
function expectTogether(flags: AltFlags): void {
  const { check = false, audit = false, write = false, dryRun = false, format, output } = flags;
  if (check && (audit || write || dryRun)) {
    const other = audit ? '--audit' : write ? '--write' : '--dry-run';
    throw usageError(`--check and ${other} exclude each other`, 'Leave out one of them.');
  }
  if (write && dryRun) {
    throw usageError('--write and --dry-run exclude each other', 'Leave out one of them.');
  }
  if (format !== undefined && !check && !audit) {
    throw usageError('--format is for the lists of --check and --audit', 'Add one of them.');
  }
  if (output !== undefined && !/\.(?:jsonl|ndjson)$/i.test(output)) {
    throw usageError(
      `${output} is no results file by its name`,
      'Name one that ends in .jsonl: -o alt.jsonl. The diff goes to stdout.',
    );
  }
}

/** The statuses that are meant. */
function wantedStatuses({ only, empty = false, audit = false }: AltFlags): ReadonlySet<Status> {
  if (only) return new Set(only);
  if (audit) return new Set(STATUSES);
  return new Set(['missing', 'placeholder', ...(empty ? (['empty'] as const) : [])]);
}

/** The options that decide which images are found. */
function findingOptions(names: readonly string[], flags: AltFlags) {
  const { exclude, ignoreFile, includeAll, wiki = false, frontMatter = false } = flags;
  const { root, baseurl, allowOutside } = flags;
  const statuses = wantedStatuses(flags);
  return {
    ...{ names, exclude, ignoreFile, includeAll, wiki, frontMatter, statuses },
    ...{ root, baseurl, allowOutside },
  };
}

async function openReport(
  { format = 'text' }: AltFlags,
  context: CommandContext,
): Promise<ReportFormat> {
  const { reportFormats, withFileNames } = await import('../pages/report/formats.js');
  if (format !== 'github' && format !== 'sarif') return reportFormats[format]();
  const { repositoryPath } = await import('../tasks/check/repository-path.js');
  const { workspace } = await context.settings({});
  return withFileNames(reportFormats[format](), (file) => repositoryPath(file, workspace));
}

/** The memory of what is decorative. Without a folder for the cache, there is none. */
async function openMemory({ cache, output }: AltFlags, context: CommandContext) {
  const { openDecorative } = await import('../pages/ask/decorative.js');
  const settings = await context.settings({});
  const folder = cache === false ? undefined : await settings.cacheFolder().catch(() => undefined);
  return openDecorative(folder, output);
}

async function check(
  names: readonly string[],
  flags: AltFlags,
  context: CommandContext,
): Promise<Tally> {
  const { checkPages } = await import('../pages/check-run.js');
  const { runnerStdout } = await import('../run/printing.js');
  const report = await openReport(flags, context);
  const stdout = await runnerStdout(flags.format ?? 'text', context);
  const options = { ...findingOptions(names, flags), memory: () => openMemory(flags, context) };
  return checkPages(options, report, { ...context, stdout });
}

async function ask(
  names: readonly string[],
  flags: AltFlags,
  context: CommandContext,
): Promise<Tally> {
  const { audit: isAudit = false, dryRun = false, lang, cache = true } = flags;
  const { askAboutPages } = await import('../pages/alt-run.js');
  const { altBrief } = await import('../tasks/alt/alt-brief.js');
  const { auditBrief } = await import('../tasks/alt/audit-brief.js');
  const options: AltOptions = {
    ...findingOptions(names, flags),
    ...{ isAudit, brief: isAudit ? auditBrief({ lang }) : altBrief({ lang }) },
    decorative: await openMemory(flags, context),
  };
  const { format: _, ...running } = flags;
  const run = { ...runOptions({ images: [] }, { ...running, cache }), isAtOnce: true };
  const result = await askAboutPages(
    options,
    run,
    (job, options) => beginRun(job, options, dryRun, context),
    context,
  );
  return dryRun ? withFailures(result) : finish(result, options, flags, context);
}

function withFailures({ tally, failures }: AltResult): Tally {
  return { ...tally, failures: [...failures, ...tally.failures] };
}

/** Prints what was judged, and the diff; or writes the pages. */
async function finish(
  result: AltResult,
  options: AltOptions,
  flags: AltFlags,
  context: CommandContext,
): Promise<Tally> {
  const { changesOf, writeChanges } = await import('../pages/alt-run.js');
  const { runnerStdout } = await import('../run/printing.js');
  const tally = withFailures(result);
  if (context.isUnread()) return tally;
  const { audit = false, write = false, format = 'text' } = flags;
  const stdout = await runnerStdout(format, context);
  const changes = await changesOf(result, options);
  let claims: Tally['claims'];
  if (audit) {
    const { reportAudit } = await import('../pages/report/audit.js');
    const report = await openReport(flags, context);
    claims = await reportAudit(result, report, (text) => stdout.write(text));
  }
  const failures = [...tally.failures];
  let made = changes.filter((one) => one.made > 0);
  if (write) {
    const { written, failures: unwritten } = await writeChanges(made, context);
    made = [...written];
    failures.push(...unwritten);
  } else if (format === 'text') {
    for (const { diff } of changes) if (diff !== '') await stdout.write(diff);
  }
  context.tell({
    type: 'pagesChanged',
    pages: made.length,
    images: made.reduce((sum, one) => sum + one.made, 0),
    left: changes.reduce((sum, one) => sum + one.left.length, 0),
    rejected: result.rejected,
    decorative: result.answered.filter(({ answer }) => answer.decorative).length,
    isWritten: write,
  });
  return { ...tally, failures, ...(claims && { claims }) };
}
