import { type Command, Option } from 'commander';
import { usageError } from '../domain/error.js';
import type {
  ExportFormat,
  ExportOptions,
  FormatOption,
  ShardSize,
} from '../records/export/export-format.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, collect, delimiterSign, type TalkFlags } from './flags/values.js';

interface ExportFlags extends TalkFlags {
  to?: string;
  output?: string;
  where?: readonly string[];
  columns?: string;
  rows?: 'items';
  base?: string;
  prefix?: string;
  suffix?: string;
  naming?: 'stem' | 'full';
  shardSize?: string;
  delimiter?: string;
  overwrite?: boolean;
}

const FORMATS = [
  ...([
    'csv',
    'tsv',
    'json',
    'text',
    'metadata-jsonl',
    'parquet',
    'sidecar',
    'webdataset',
  ] as const),
  ...(['coco', 'yolo', 'label-studio'] as const),
];

const examples = `
Examples:
  gemini-image export captions.jsonl -o captions.csv
  gemini-image export captions.jsonl -o captions.parquet --where "words<20"
  gemini-image export captions.jsonl --to csv --columns image,tags --rows items
  gemini-image export captions.jsonl --to sidecar --prefix "photo of sks, "
  gemini-image export a.jsonl --to metadata-jsonl -o photos/metadata.jsonl
  gemini-image export boxes.jsonl --to yolo -o dataset

Of each picture the newest answer to each question counts, and what a person wrote before what a model
wrote later. Nothing is asked, and the ledger stays as it is. docs/export.md shows every format.`;

export const exportCommand: CommandDefinition = {
  define(command, run) {
    command
      .argument('<ledger>', 'what describe or detect wrote with -o x.jsonl')
      .addOption(
        new Option('--to <format>', 'the format (default: by the ending of -o)').choices(FORMATS),
      )
      .option('-o, --output <path>', 'the file or folder to write');
    addRowFlags(command);
    addFormatFlags(command);
    addTalkFlags(command.optionsGroup('Options:'))
      .addHelpText('after', examples)
      .action((ledger: string, flags: ExportFlags) =>
        run(flags, (context) => exportTo(ledger, flags, context)),
      );
  },
};

function addRowFlags(command: Command): void {
  command
    .optionsGroup('What is exported:')
    .option(
      '--where <filter>',
      "only pictures that pass, such as 'status=ok', 'tags~boat' or 'words<5'; repeatable",
      collect,
    )
    .option('--columns <names>', 'only these columns, such as image,title,tags')
    .addOption(
      new Option('--rows <rows>', 'a row for each entry of a list, in tables').choices(['items']),
    );
}

function addFormatFlags(command: Command): void {
  command
    .optionsGroup('How:')
    .option('--base <folder>', 'names of pictures in the export are relative to this folder')
    .option('--prefix <text>', 'what comes before each caption, in formats of captions')
    .option('--suffix <text>', 'what comes after it')
    .addOption(
      new Option(
        '--naming <naming>',
        'stem for a.txt (default), full for a.jpg.txt, where each picture has files',
      ).choices(['stem', 'full']),
    )
    .option('--shard-size <size>', 'pictures in a shard, or its size, as in 500MB (default: 1GB)')
    .option('--delimiter <sign>', 'between the cells of a CSV, such as ";"', delimiterSign)
    .option('--overwrite', 'replace what is there although it is not ours; it is kept as <name>~');
}

async function exportTo(
  ledger: string,
  flags: ExportFlags,
  context: CommandContext,
): Promise<Tally> {
  const { exportFormats } = await import('../records/export/formats.js');
  const { expectOption, exportLedger } = await import('../records/export/export.js');
  const { parseFilter } = await import('../records/export/where.js');
  const name = formatName(flags);
  const format = exportFormats[name];
  const given: readonly [string, FormatOption, unknown][] = [
    ['--prefix', 'caption', flags.prefix],
    ['--suffix', 'caption', flags.suffix],
    ['--columns', 'columns', flags.columns],
    ['--rows', 'items', flags.rows],
    ['--base', 'base', flags.base],
    ['--naming', 'naming', flags.naming],
    ['--shard-size', 'shards', flags.shardSize],
    ['--delimiter', 'delimiter', flags.delimiter],
  ];
  expectOutput(name, format.to, flags.output);
  for (const [flag, option, value] of given) {
    if (value !== undefined) expectOption(name, format, flag, option, exportFormats);
  }
  const { runnerStdout } = await import('../run/printing.js');
  const stdout = await runnerStdout(name, context);
  const { tell, signals } = context;
  const { exported, failures } = await exportLedger(
    format,
    (flags.where ?? []).map(parseFilter),
    exportOptions(ledger, flags),
    { signal: signals.abort, print: (text) => stdout.write(text), tell },
  );
  const { output } = flags;
  const isNamed = output !== undefined && output !== '-';
  const unnamed = format.to === 'pictures' ? 'pictures' : 'stdout';
  tell({ type: 'exported', exported, to: isNamed ? { path: output } : unnamed });
  return { produced: exported, failures };
}

function expectOutput(name: string, to: ExportFormat['to'], output: string | undefined): void {
  const isNamed = output !== undefined && output !== '-';
  if (isNamed || to === 'stdout' || to === 'pictures') return;
  throw usageError(
    `--to ${name} needs a ${to} to write to`,
    `Name one: -o ${to === 'file' ? `x.${name}` : 'dataset'}.`,
  );
}

function exportOptions(ledger: string, flags: ExportFlags): ExportOptions {
  const { output, columns, base, prefix = '', suffix = '', delimiter } = flags;
  return {
    ...{ ledger, output, base, prefix, suffix },
    overwrite: flags.overwrite ?? false,
    columns: columns === undefined ? undefined : namesIn(columns),
    isByItems: flags.rows === 'items',
    isFullName: flags.naming === 'full',
    shardSize: flags.shardSize === undefined ? undefined : parseShardSize(flags.shardSize),
    delimiter,
  };
}

/** Names between commas; a name with a comma stands in quotes. */
function namesIn(list: string): string[] {
  const names = [...list.matchAll(/\s*(?:"([^"]*)"|([^,]*))\s*(?:,|$)/g)]
    .map(([, quoted, bare = '']) => quoted ?? bare.trim())
    .filter((name) => name !== '');
  if (names.length > 0) return names;
  throw usageError('--columns names no column', 'Name some, such as --columns image,title,tags.');
}

const UNITS: Readonly<Record<string, number>> = { kb: 1e3, mb: 1e6, gb: 1e9 };

function parseShardSize(value: string): ShardSize {
  const [, digits = '', unit] = /^(\d+)\s*(kb|mb|gb)?$/i.exec(value.trim()) ?? [];
  const number = Number(digits);
  if (number >= 1) {
    const bytes = UNITS[unit?.toLowerCase() ?? ''];
    return bytes === undefined ? { pictures: number } : { bytes: number * bytes };
  }
  throw usageError(
    `--shard-size takes a number of pictures or a size, and was given ${JSON.stringify(value)}`,
    'For example --shard-size 10000 or --shard-size 500MB.',
  );
}

const FORMAT_OF_ENDING: readonly [ending: RegExp, format: (typeof FORMATS)[number]][] = [
  [/\.csv$/i, 'csv'],
  [/\.tsv$/i, 'tsv'],
  [/(?:^|[\\/])metadata\.jsonl$/i, 'metadata-jsonl'],
  [/\.json$/i, 'json'],
  [/\.te?xt$/i, 'text'],
  [/\.parquet$/i, 'parquet'],
];

function formatName({ to, output }: ExportFlags): (typeof FORMATS)[number] {
  const named = FORMATS.find((one) => one === to);
  if (named !== undefined) return named;
  const byEnding = FORMAT_OF_ENDING.find(([ending]) => ending.test(output ?? ''));
  if (byEnding) return byEnding[1];
  throw usageError(
    output === undefined ? 'a format is missing' : `${output} does not say a format by its ending`,
    `Give one: --to ${FORMATS.join(', ')}.`,
  );
}
