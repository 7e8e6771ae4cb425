import { type Command, Option } from 'commander';
import {
  MEDIA_RESOLUTIONS,
  SAFETY_LEVELS,
  THINKING_LEVELS,
  TIERS,
} from '../../domain/model-settings.js';
import { DEFAULT_MAX_EDGE } from '../../domain/picture.js';
import { DEFAULT_MODEL } from '../../gemini/models.js';
import {
  background,
  collect,
  decimal,
  dollars,
  MOST,
  MOST_SHARDS,
  pointInTime,
  seconds,
  share,
  span,
  wholeNumber,
} from './values.js';

/** The API takes a signed 32-bit number. */
const MOST_SEED = 2_147_483_647;

/** Adds the flags that name the pictures. */
export function addInputFlags(command: Command): Command {
  return command
    .argument(
      '[image...]',
      'a path, a folder, a quoted glob, an http(s) URL, or - for bytes on stdin',
    )
    .optionsGroup('Pictures:')
    .option('-r, --recursive', 'look into the sub-folders of folders')
    .option('--exclude <glob>', 'leave out what matches; repeatable', collect)
    .option(
      '--pages <pages>',
      'of a TIFF: first (default), all, or such as 2-5; each is a picture, as scan.tif#2',
    )
    .option('--raw', 'take raw files of cameras although their JPEG or HEIC lies beside them')
    .option('--follow', 'follow links in folders also to what lies outside of the folder')
    .option('--include-all', 'look into node_modules, @eaDir and the like, and what is hidden, too')
    .option(
      '--files-from <file>',
      'read paths and URLs from a file, one a line (# for comments); - for stdin',
    )
    .option('-0, --null', 'zero bytes instead of newlines separate names, there and in --failed')
    .option('--allow-private-hosts', 'fetch from private, loopback and link-local addresses too');
}

/** Adds the flags for preparing pictures before they are sent. */
export function addPreparingFlags(command: Command): Command {
  return command
    .optionsGroup('Before they are sent:')
    .option(
      '--max-edge <pixels>',
      `shrink pictures whose longer side is larger, ${DEFAULT_MAX_EDGE} by default, but HEIC only if this is given; 0 for never`,
      wholeNumber(0, 65_535),
    )
    .option(
      '--background <colour>',
      'lay transparent pictures on this colour (white, #336699 …), or keep their transparency; white by default, grey where white would hide them',
      background,
    )
    .option('--keep-metadata', 'send EXIF, XMP, IPTC and comments too')
    .option('--damaged', 'send what can be decoded of a picture that is cut off or broken')
    .option(
      '--decode-timeout <seconds>',
      'time to decode one picture; 10 by default for an SVG, 30 for others',
      seconds,
    )
    .option(
      '--decode-memory <mb>',
      "megabytes to decode pictures with; by default a quarter of the machine's, at most 2000",
      wholeNumber(100, 1_000_000),
    );
}

/** Adds the flags for the model and its settings. */
export function addModelFlags(command: Command): Command {
  return command
    .optionsGroup('The model (a setting is sent only where it is given):')
    .option(
      '-m, --model <name>',
      `the model to ask, ${DEFAULT_MODEL} by default (also: GEMINI_IMAGE_MODEL)`,
    )
    .option('--system <text>', 'a system instruction; @file reads it from a file')
    .addOption(
      new Option('--thinking <level>', 'how much it thinks; each model takes some levels').choices(
        THINKING_LEVELS,
      ),
    )
    .addOption(
      new Option(
        '--media-resolution <level>',
        'how closely it looks: about 280, 560 or 1120 tokens a picture',
      ).choices(MEDIA_RESOLUTIONS),
    )
    .option(
      '--max-output-tokens <n>',
      'cut the answer off there, thinking included',
      wholeNumber(1, MOST),
    )
    .option('--temperature <n>', 'from 0 to 2; newer models ignore it', decimal(0, 2))
    .option('--seed <n>', 'for answers that differ less', wholeNumber(0, MOST_SEED))
    .addOption(
      new Option('--safety <level>', 'what the service blocks of harmful content').choices(
        SAFETY_LEVELS,
      ),
    );
}

/** Adds the flags for reaching the service. */
export function addServiceFlags(command: Command): Command {
  return command
    .optionsGroup('The service:')
    .option(
      '--retries <n>',
      'how often to try again after overload and broken connections (default: 4; for several pictures 6, and as long as ten minutes where a limit may pass)',
      wholeNumber(0, 100),
    )
    .option(
      '--timeout <seconds>',
      'for an attempt; for a stream, the longest silence (default: 120; with --tier flex 600)',
      seconds,
    )
    .addOption(
      new Option(
        '--tier <tier>',
        'flex costs half, may take minutes and may be refused at any time; priority costs more',
      ).choices(TIERS),
    )
    .option(
      '--tier-fallback',
      'where flex has no room for an hour, or gives no answer in time, ask once at the standard price',
    )
    .option('--dry-run', 'print the request, or for several pictures an estimate; send nothing')
    .option('--offline', 'answer from the built-in emulator: no key, no network, not Gemini')
    .option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)')
    .option(
      '--store',
      'let Google keep pictures and answers, as it does for paid projects unless told not to',
    );
}

/** Adds the flags that limit how fast, how far and at what cost a run goes. */
export function addPaceFlags(command: Command): Command {
  return command
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
    .option('--fail-fast', 'stop at the first failure');
}

/** Adds the flags for runs over many pictures. */
export function addManyFlags(command: Command): Command {
  return addPaceFlags(command)
    .option('--failed <file>', 'list the pictures that failed, for --files-from')
    .option(
      '--shard <number/count>',
      'only this share, such as 2/8, and that part of --rpm, --tpm and --max-cost; auto asks Slurm or Kubernetes',
      share,
    )
    .option(
      '--shards <count>',
      'with --shard auto: how many there are',
      wholeNumber(1, MOST_SHARDS),
    );
}

/** Adds the flags for questions that go in jobs of the Batch API. */
export function addBatchFlags(command: Command): Command {
  return command
    .optionsGroup('In batches, at half the price:')
    .option(
      '--batch',
      'submit jobs that are answered within a day; the same command again collects (needs -o x.jsonl)',
    )
    .option('--wait', 'with --batch: stay until all is answered')
    .option(
      '--batch-size <mb>',
      'how many megabytes of questions a job has at most (default: 256)',
      wholeNumber(1, 2000),
    )
    .option('--repair', 'ask once more, at once, about an answer that breaks a rule')
    .option(
      '--rescue <duration>',
      'cancel jobs that are older, such as 6h, and ask at once what they lack (here --tier flex works)',
      span,
    )
    .option(
      '--by <time>',
      'be done by then, such as 07:00 or +6h: in batches, what is late by flex, the rest at the standard price',
      pointInTime,
    );
}

/** Adds the flags for answers that already exist. */
export function addAgainFlags(command: Command): Command {
  return command
    .option('--redo', 'ask again about the pictures that are named; all other records stay')
    .option('--redo-failed', 'ask only about those of them that failed the last time')
    .option('--redo-rejected', 'ask only about those with an answer that was rejected in a review')
    .option('--overwrite', 'ask anew what is done; a results file is kept as <file>~');
}

/** The `--format` flag. */
export function formatOption(formats: readonly string[]): Option {
  return new Option(
    '-f, --format <format>',
    'how to print the results (default: by the ending of the file, or text)',
  ).choices(formats);
}
