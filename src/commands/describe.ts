import { type Command, Option } from 'commander';
import { GeminiImageError } from '../domain/error.js';
import { DEFAULT_MAX_EDGE } from '../domain/picture.js';
import { DEFAULT_MODEL } from '../gemini/models.js';
import { outputFormats } from '../output/formats.js';
import type { CommandContext, CommandDefinition, Tally } from './context.js';
import type { DescribeFlags } from './describe-task.js';
import { addTalkFlags, seconds, wholeNumber } from './flags.js';
import { namedInputs } from './inputs.js';

const examples = `
Examples:
  gemini-image describe photo.png
  gemini-image describe photo.png -p 'What is written on the sign?'
  gemini-image describe photos/ -r -f jsonl -o captions.jsonl
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
      .option('-0, --null', 'zero bytes instead of newlines separate the names in that file')
      .option('--together', 'ask once about all pictures; each has its name before it')
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
        'how often to try again after rate limits, overload and broken connections',
        wholeNumber(0, 100),
        4,
      )
      .option(
        '--timeout <seconds>',
        'for an attempt; for a stream, the longest silence',
        seconds,
        120,
      )
      .option('--dry-run', 'print the request instead of sending it')
      .option('--offline', 'answer from the built-in emulator: no key, no network, not Gemini')
      .option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)')
      .optionsGroup('The answer:')
      .option('--stream', 'print the text as it arrives')
      .addOption(
        new Option('-f, --format <format>', 'how to print the results')
          .choices(Object.keys(outputFormats))
          .default('text'),
      )
      .option('-o, --output <file>', 'write the results to a file, whole or not at all')
      .optionsGroup('Options:');
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((images: string[], flags: DescribeFlags) =>
        run(flags, (context) => describe(images, flags, context)),
      );
  },
};

/** Describes pictures and tells what came of it. */
async function describe(
  images: readonly string[],
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const inputs = namedInputs(images, flags, context);
  if (flags.offline && flags.baseUrl !== undefined) {
    throw usage('--offline and --base-url exclude each other', 'Leave out one of them.');
  }
  // The engine loads only now, so that --help and a mistyped flag do not wait for it.
  if (flags.dryRun) {
    const { runDryRun } = await import('./describe-dry-run.js');
    return runDryRun(inputs, flags, context);
  }
  const { runDescribe } = await import('./describe-run.js');
  return runDescribe(inputs, flags, context);
}

function usage(message: string, hint: string): GeminiImageError {
  return new GeminiImageError({ kind: 'usage', message, hint });
}
