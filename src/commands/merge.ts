import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface MergeFlags extends TalkFlags {
  output: string;
  partial?: boolean;
}

const examples = `
Examples:
  gemini-image merge captions.*-of-8.jsonl -o captions.jsonl

Of each picture and question, the newest record is kept; a ledger that is named later is newer. What
the output has already stays in it, so that the same command may be given again.`;

export const mergeCommand: CommandDefinition = {
  define(command, run) {
    command
      .argument('<ledger...>', 'what describe wrote with -o x.jsonl')
      .requiredOption('-o, --output <file>', 'the ledger that takes them all')
      .option('--partial', 'also where shards are missing, being written, or on the way');
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((ledgers: string[], flags: MergeFlags) =>
        run(flags, (context) => merge(ledgers, flags, context)),
      );
  },
};

async function merge(
  ledgers: readonly string[],
  { output, partial }: MergeFlags,
  { tell, signals }: CommandContext,
): Promise<Tally> {
  const { mergeLedgers } = await import('../records/merge.js');
  const merged = await mergeLedgers({ ledgers, output, partial, signal: signals.abort, tell });
  tell({ type: 'merged', path: output, ...merged });
  return { produced: 1, failures: [] };
}
