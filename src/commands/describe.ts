import { type Command, Option } from 'commander';
import { usageError } from '../domain/error.js';
import { KNOWN_KINDS, type KnownKind } from '../domain/known.js';
import { outputFormats } from '../output/formats.js';
import type { CommandContext } from '../run/context.js';
import type { Job } from '../run/job.js';
import type { DescribeOptions } from '../tasks/describe/describe-task.js';
import type { VocabularyPaths } from '../tasks/describe/vocabulary/vocabulary.js';
import { addAgainFlags, formatOption } from './flags/groups.js';
import type { RunFlags } from './flags/run-flags.js';
import { collect, delimiterSign, knownKinds, MOST, wholeNumber } from './flags/values.js';
import { addWritingFlags, checkWritingFlags, type WritingFlags } from './flags/write-flags.js';
import { beginRun, pictureCommand } from './picture-command.js';

const examples = `
Examples:
  gemini-image describe photo.png
  gemini-image describe photo.png -p "What is written on the sign?"
  gemini-image describe photo.png -s alt --lang de      (styles: what there is)
  gemini-image describe photo.png -s title,tags,alt      (all in one call)
  gemini-image describe photo.png --fields "title, tags[], people:int"
  gemini-image describe photos/ -r -o captions.jsonl    (again: goes on)
  gemini-image describe photos/ -r --sidecar            (photo.txt beside it)
  gemini-image describe photos/ -r --dry-run            (how many, how much)
  gemini-image describe "photos/**/*.jpg" https://example.com/a.jpg
  find . -name "*.png" -print0 | gemini-image describe --files-from - -0
  gemini-image describe before.png after.png --together -p "What has changed?"
  gemini-image describe photo.png --stream
  gemini-image describe photo.png --offline            (no key, no network)

The key is read from GOOGLE_API_KEY or GEMINI_API_KEY, also from .env in this
folder.`;

export interface DescribeFlags extends RunFlags, Omit<DescribeOptions, 'vocab'>, WritingFlags {
  /** A file. */
  vocab?: string;
  vocabPaths?: VocabularyPaths;
  know?: readonly KnownKind[];
  write?: boolean;
}

export const describeCommand = pictureCommand<DescribeFlags>({
  examples,
  takesPdf: true,
  flags: {
    inputs: (command) =>
      command
        .option('--together', 'ask once about all pictures; each has its name before it')
        .option(
          '--group <pattern>',
          'ask once about those that belong together: "{stem}-front,{stem}-back", "{stem}-*", or folder',
        )
        .option('--limit <n>', 'only the first n that are not done', wholeNumber(1, MOST)),
    preparing: (command) =>
      command.addOption(
        new Option('--original', 'send the file byte for byte').conflicts([
          'maxEdge',
          'background',
        ]),
      ),
    question: addQuestionFlags,
    many: (command) =>
      command.option('--cache', 'keep answers on this machine, and use those that are there'),
    answer: addAnswerFlags,
  },
  async work(flags, options, context) {
    checkWritingFlags(flags);
    const { describeJob } = await import('../tasks/describe/describe-task.js');
    const described = await describeJob(describeOptions(flags), options, context);
    const job = flags.know ? await informedJob(described, flags.know, context) : described;
    const { file } = options.outputs;
    if (!flags.write || flags.dryRun || file === undefined) {
      return beginRun(job, options, flags.dryRun ?? false, context);
    }
    const { runAndWrite } = await import('./describe-and-write.js');
    return runAndWrite(job, options, file, flags, context);
  },
});

/** The same job, whose question tells what the metadata of its pictures says. */
async function informedJob(
  job: Job,
  kinds: readonly KnownKind[],
  { tell }: CommandContext,
): Promise<Job> {
  const { knowing } = await import('../photos/know.js');
  return { ...job, know: knowing({ kinds, tell }) };
}

/** Picks the options that decide what is asked. */
export function describeOptions(flags: DescribeFlags): DescribeOptions {
  const { prompt, style, stylesFile, keepGood, long, lang, maxWords, context } = flags;
  const { schema, fields, delimiter, vocab: file, vocabPaths } = flags;
  if (file === undefined && vocabPaths !== undefined) {
    throw usageError('--vocab-paths is about the words of --vocab', 'Add --vocab words.txt.');
  }
  const vocab = file === undefined ? undefined : { file, paths: vocabPaths ?? 'leaf' };
  const question = { prompt, style, stylesFile, keepGood, long, lang, maxWords, context };
  return { ...question, schema, fields, delimiter, vocab };
}

function addQuestionFlags(command: Command): Command {
  return command
    .optionsGroup('The question:')
    .option(
      '-p, --prompt <text>',
      'what to ask about the picture; @file reads it from a file (@@ for an @)',
    )
    .option(
      '-s, --style <names>',
      'a kind of answer, checked against its rules (gemini-image styles); several, such as title,tags,alt, in one call; mine=@prompt.txt is your own',
      collect,
    )
    .option('--styles-file <file>', 'styles of your own, by name, for -s (JSON)')
    .option('--keep-good', 'where one of several styles stays wrong, keep the others')
    .option('--long', 'with -s alt: an extended description as well')
    .option('--vocab <file>', 'with -s tags: only words of this list, one a line')
    .addOption(
      new Option(
        '--vocab-paths <paths>',
        'of a > b > c: leaf for c (default), all for a, b and c',
      ).choices(['leaf', 'all']),
    )
    .option('--lang <tag>', 'the language of the answer, such as de or pt-BR')
    .option('--max-words <n>', 'no more words than that', wholeNumber(1, MOST))
    .option('--context <text>', 'what is known about the picture; @file reads it from a file')
    .option(
      '--know <facts>',
      `tell the model what the picture's metadata says, of ${KNOWN_KINDS.join(', ')}; commas between`,
      knownKinds,
    )
    .option('--schema <schema>', 'answer in JSON by this JSON Schema: a file, or itself')
    .option('--fields <list>', 'the same in short: "title, tags[], people:int, safe:bool"');
}

function addAnswerFlags(command: Command): Command {
  const answered = command
    .optionsGroup('The answer:')
    .option('--stream', 'print the text as it arrives')
    .addOption(formatOption(Object.keys(outputFormats)))
    .option(
      '-o, --output <file>',
      'write the results to a file; with .jsonl, a later run goes on with it',
    )
    .option('--delimiter <sign>', 'between the cells of a CSV, such as ";"', delimiterSign)
    .option('--sidecar [ending]', 'write each answer to a file beside its picture (default: txt)')
    .option('--sidecar-dir <folder>', 'the same, in a folder of the same structure')
    .addOption(
      new Option(
        '--sidecar-name <name>',
        'stem for photo.txt (default), full for photo.jpg.txt',
      ).choices(['stem', 'full']),
    )
    .option('--prefix <text>', 'what comes before the answer in those files')
    .option('--suffix <text>', 'what comes after it');
  addAgainFlags(answered);
  answered
    .optionsGroup('Into the photos:')
    .option(
      '--write',
      'then write the answers into the pictures, or into sidecars; needs -o x.jsonl',
    );
  return addWritingFlags(answered);
}
