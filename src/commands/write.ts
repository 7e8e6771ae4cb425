import { usageError } from '../domain/error.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';
import {
  addWritingFlags,
  fieldMapOf,
  type WritingFlags,
  writingPart,
} from './flags/write-flags.js';

interface WriteFlags extends TalkFlags, WritingFlags {
  force?: boolean;
  recursive?: boolean;
  dryRun?: boolean;
  from?: string;
  undo?: boolean;
}

const examples = `
Examples:
  gemini-image write photos.jsonl
  gemini-image write photos.jsonl --merge append photos/harbour -r
  gemini-image write photos.jsonl --dry-run > changes.jsonl    (look at it, edit it)
  gemini-image write --from changes.jsonl
  gemini-image write photos.jsonl --undo

What people wrote is never replaced unasked, and what they have changed since only with --force.
Each writing is a record in the ledger. docs/photo-libraries.md says which program reads what.`;

export const writeCommand: CommandDefinition = {
  define(command, run) {
    command
      .argument('[ledger]', 'what describe wrote with -o x.jsonl; a change set may name it, too')
      .argument('[image...]', 'only these pictures: paths, folders, quoted globs')
      .option('-r, --recursive', 'look into the sub-folders of folders')
      .optionsGroup('What is written:');
    addWritingFlags(command)
      .option('--force', 'replace even what people have changed since it was written')
      .optionsGroup('How:')
      .option('--dry-run', 'print the changes, one a line, and make none')
      .option('--from <changes.jsonl>', 'make these changes, which may have been edited')
      .option('--undo', 'put back what was there before, where nobody has changed it since');
    addTalkFlags(command.optionsGroup('Options:'))
      .addHelpText('after', examples)
      .action((ledger: string | undefined, images: string[], flags: WriteFlags) =>
        run(flags, (context) => write(ledger, images, flags, context)),
      );
  },
};

async function write(
  ledger: string | undefined,
  images: readonly string[],
  flags: WriteFlags,
  context: CommandContext,
): Promise<Tally> {
  const { force = false, recursive = false, dryRun = false, from, undo = false } = flags;
  if (ledger === undefined && from === undefined) {
    throw usageError(
      'name the ledger with the answers',
      'For example: gemini-image write photos.jsonl, after describe photos/ -o photos.jsonl',
    );
  }
  if (undo && from !== undefined) {
    throw usageError('--undo and --from exclude each other', 'Leave out one of them.');
  }
  const map = await fieldMapOf(flags, context.signals.abort);
  const { writeAnswers } = await import('../photos/write/write-run.js');
  const named = images.length > 0 ? await namedPictures(images, recursive, context) : undefined;
  const tally = await writeAnswers(
    { ...writingPart(flags), ledger, map, force, dryRun, undo, from, isWanted: named?.isWanted },
    context,
  );
  return { ...tally, failures: [...(named?.failures ?? []), ...tally.failures] };
}

/** The pictures that the command line names, by their names in a ledger. */
async function namedPictures(
  images: readonly string[],
  recursive: boolean,
  { stdin, signals, tell }: CommandContext,
) {
  const { findImages } = await import('../images/find/find-images.js');
  const { ledgerKey } = await import('../storage/ledger/ledger-key.js');
  const keys = new Set<string>();
  const failures: Tally['failures'][number][] = [];
  // Names only: what is written is what the ledger has.
  const find = { images, recursive, raw: true, follow: true, nulSeparated: false };
  for await (const image of findImages(find, {
    ...find,
    stdin: stdin.stream,
    signal: signals.stop,
    onPassedOver: (name, { one: what }) => tell({ type: 'passedOver', name, what }),
  })) {
    if (image.kind === 'failed') {
      failures.push(image.error.kind);
      tell({ type: 'failed', error: image.error, about: image.label });
    } else keys.add(ledgerKey([image.id]));
  }
  return { failures, isWanted: (image: string) => keys.has(ledgerKey([image])) };
}
