import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from '../domain/error.js';
import type { ReportFormatName } from '../pages/report/formats.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, collect, type TalkFlags } from './flags/values.js';

const examples = `
Examples:
  gemini-image alt site/ --check
  gemini-image alt "docs/**/*.md" --check -f sarif > alt.sarif`;

/** Names only: the modules of the formats load when one is used. */
const FORMATS = ['text', 'json', 'github', 'junit', 'sarif'] as const satisfies ReportFormatName[];

/** Names only, as those of the formats. */
const STATUSES = ['missing', 'empty', 'placeholder', 'duplicate', 'long', 'present'] as const;
type Status = (typeof STATUSES)[number];

interface AltFlags extends TalkFlags {
  exclude?: readonly string[];
  ignoreFile?: string;
  includeAll?: boolean;
  wiki?: boolean;
  frontMatter?: boolean;
  check?: boolean;
  only?: readonly Status[];
  empty?: boolean;
  format?: ReportFormatName;
}

export const altCommand: CommandDefinition = {
  define(program, run) {
    const command = program
      .command('alt')
      .description('look for alternative texts that HTML, Markdown and components lack')
      .argument('[page...]', 'files, folders or quoted globs');
    addPageFlags(command);
    addChoiceFlags(command);
    addTalkFlags(command.optionsGroup('Options:'))
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
      `only these of ${STATUSES.join(', ')} (default: missing,placeholder)`,
      statuses,
    )
    .option('--empty', 'do not trust alt="": take it for missing')
    .optionsGroup('What is done:')
    .option('--check', 'list them, without a key and a call; exit with 1 if there are any')
    .addOption(new Option('-f, --format <format>', 'how to print the list').choices(FORMATS));
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
  if (!flags.check) throw usageError('say what is to be done', 'Give --check.');
  return check(names, flags, context);
}

/** The statuses that are meant. */
function wantedStatuses({ only, empty = false }: AltFlags): ReadonlySet<Status> {
  return new Set(only ?? ['missing', 'placeholder', ...(empty ? (['empty'] as const) : [])]);
}

async function check(
  names: readonly string[],
  flags: AltFlags,
  context: CommandContext,
): Promise<Tally> {
  const { exclude, ignoreFile, includeAll, wiki = false, frontMatter = false } = flags;
  const { format = 'text' } = flags;
  const [{ reportFormats, withFileNames }, { checkPages }, { runnerStdout }] = await Promise.all([
    import('../pages/report/formats.js'),
    import('../pages/check-run.js'),
    import('../run/runner-stdout.js'),
  ]);
  const { repositoryPath } = await import('../tasks/check/repository-path.js');
  const { workspace } = await context.settings({});
  const isForMachines = format === 'github' || format === 'sarif';
  const report = withFileNames(reportFormats[format](), (file) =>
    isForMachines ? repositoryPath(file, workspace) : file,
  );
  const statuses = wantedStatuses(flags);
  const options = { names, exclude, ignoreFile, includeAll, wiki, frontMatter, statuses };
  return checkPages(options, report, { ...context, stdout: await runnerStdout(format, context) });
}
