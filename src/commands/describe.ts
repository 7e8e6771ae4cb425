import { type Command, Option } from 'commander';
import { DEFAULT_MAX_EDGE } from '../domain/picture.js';
import { DEFAULT_MODEL } from '../gemini/models.js';
import { outputFormats } from '../output/formats.js';
import type { CommandContext, CommandDefinition, Tally } from './context.js';
import { addTalkFlags, dollars, seconds, wholeNumber } from './flags.js';
import { checkFlags } from './run/flag-rules.js';
import { namedInputs } from './run/inputs.js';
import type { DescribeFlags } from './run/task.js';

const examples = `
Examples:
  gemini-image describe photo.png
  gemini-image describe photo.png -p 'What is written on the sign?'
  gemini-image describe photos/ -r -o captions.jsonl    (again: does what is missing)
  gemini-image describe photos/ -r --sidecar            (photo.txt beside photo.jpg)
  gemini-image describe photos/ -r --rpm 15 --dry-run   (how many, how long, how much)
  gemini-image describe 'photos/**/*.jpg' https://example.com/a.jpg
  find . -name '*.png' -print0 | gemini-image describe --files-from - -0
  gemini-image describe before.png after.png --together -p 'What has changed?'
  gemini-image describe photo.png --stream
  gemini-image describe photo.png --offline        (no key, no network)

The key is read from GOOGLE_API_KEY or GEMINI_API_KEY, or from .env in this folder.`;

export const describeCommand: CommandDefinition = {
  define(program, run) {
    const command: Command = program
      .command('describe')
      .description('print what a picture shows')
      .argument(
        '[image...]',
        'a path, a folder, a quoted glob, an http(s) URL, or - for bytes on stdin',
      )
      .optionsGroup('Pictures:')
      .option('-r, --recursive', 'look into the sub-folders of folders')
      .option('--files-from <file>', 'read paths and URLs from a file, one a line; - for stdin')
      .option('-0, --null', 'zero bytes instead of newlines separate names, there and in --failed')
      .option('--together', 'ask once about all pictures; each has its name before it')
      .option('--limit <n>', 'only the first n that are not done', wholeNumber(1, MOST))
      .option('--allow-private-hosts', 'fetch from private, loopback and link-local addresses too')
      .optionsGroup('Before they are sent:')
      .option(
        '--max-edge <pixels>',
        'shrink pictures whose longer side is larger; 0 for never',
        wholeNumber(0, 65_535),
        DEFAULT_MAX_EDGE,
      )
      .option('--keep-metadata', 'send EXIF, XMP, IPTC and comments too')
      .addOption(new Option('--original', 'send the file byte for byte').conflicts('maxEdge'))
      .optionsGroup('The question:')
      .option(
        '-p, --prompt <text>',
        'what to ask about the picture; @file reads it from a file (@@ for an @)',
      )
      .option(
        '-m, --model <name>',
        `the model to ask, ${DEFAULT_MODEL} by default (also: GEMINI_IMAGE_MODEL)`,
      )
      .option(
        '--retries <n>',
        'how often to try again after overload and broken connections (default: 4; for several pictures 6)',
        wholeNumber(0, 100),
      )
      .option(
        '--timeout <seconds>',
        'for an attempt; for a stream, the longest silence',
        seconds,
        120,
      )
      .option('--dry-run', 'print the request, or for several pictures an estimate; send nothing')
      .option('--offline', 'answer from the built-in emulator: no key, no network, not Gemini')
      .option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)')
      .optionsGroup('Many pictures:')
      .option(
        '-c, --concurrency <n>',
        'how many pictures at once; the pace follows what the service allows',
        wholeNumber(1, 1000),
        8,
      )
      .option('--rpm <n>', 'at most so many requests a minute', wholeNumber(1, MOST))
      .option('--tpm <n>', 'at most so many input tokens a minute', wholeNumber(1, MOST))
      .option('--max-cost <usd>', 'stop before the run costs more, by the price table', dollars)
      .option('--fail-fast', 'stop at the first failure')
      .option('--failed <file>', 'list the pictures that failed, for --files-from')
      .option('--cache', 'keep answers on this machine, and use those that are there')
      .optionsGroup('The answer:')
      .option('--stream', 'print the text as it arrives')
      .addOption(
        new Option(
          '-f, --format <format>',
          'how to print the results (default: by the ending of the file, or text)',
        ).choices(Object.keys(outputFormats)),
      )
      .option(
        '-o, --output <file>',
        'write the results to a file; with .jsonl, a later run goes on with it',
      )
      .option('--sidecar [ending]', 'write each answer to a file beside its picture (default: txt)')
      .option('--sidecar-dir <folder>', 'the same, in a folder of the same structure')
      .option('--prefix <text>', 'what comes before the answer in those files')
      .option('--suffix <text>', 'what comes after it')
      .option('--overwrite', 'ask anew what is done; a results file is kept as <file>~')
      .optionsGroup('Options:');
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((images: string[], flags: DescribeFlags) =>
        run(flags, (context) => describe(images, flags, context)),
      );
  },
};

/** More pictures, requests or tokens than anybody has. */
const MOST = 1_000_000_000;

/** Describes pictures and tells what came of it. */
async function describe(
  images: readonly string[],
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const inputs = namedInputs(images, flags, context);
  checkFlags(flags);
  // The engine loads only now, so that --help and a mistyped flag do not wait for it.
  if (flags.dryRun) {
    const { runDryRun } = await import('./run/dry-run.js');
    return runDryRun(inputs, flags, context);
  }
  const { runDescribe } = await import('./run/run.js');
  return runDescribe(inputs, flags, context);
}
