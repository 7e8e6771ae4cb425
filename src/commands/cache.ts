import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext, Tally } from '../run/context.js';
import type { CacheTally } from '../storage/cache-folder.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface ClearFlags extends TalkFlags {
  /** In milliseconds. */
  olderThan?: number;
}

const examples = `
Examples:
  gemini-image cache
  gemini-image cache clear --older-than 30d

What is removed is asked for again where it is needed. Small pictures are those that review shows.`;

const clearExamples = `
Examples:
  gemini-image cache clear
  gemini-image cache clear --older-than 12h`;

export const cacheCommand: CommandDefinition = {
  define(command, run) {
    command.helpCommand(false);
    addTalkFlags(command)
      .addHelpText('after', examples)
      // Otherwise a mistyped sub-command would be reported as an argument too many.
      .allowExcessArguments()
      .action((_flags, { args }: Command) => {
        const [word] = args;
        if (word !== undefined) {
          command.error(`error: unknown command '${word}'`, { code: 'commander.unknownCommand' });
        }
        run(command.opts(), show);
      });

    const clear = command
      .command('clear')
      .description('remove the answers and the small pictures of review, or the old ones of them')
      .option('--older-than <age>', 'only those that were kept so long ago: 45m, 12h, 30d, 2w', age)
      .allowExcessArguments(false);
    addTalkFlags(clear)
      .addHelpText('after', clearExamples)
      .action(({ olderThan }: ClearFlags) =>
        // Flags that both commands have are parsed by the parent.
        run(clear.optsWithGlobals(), (context) => empty(olderThan, context)),
      );
  },
};

async function show({ settings, stdout }: CommandContext): Promise<Tally> {
  const { cacheSize } = await import('../storage/cache-folder.js');
  const folder = await (await settings({})).cacheFolder();
  await stdout.write(`${folder}\n${inWords(await cacheSize(folder))}\n`);
  return { produced: 1, failures: [] };
}

async function empty(
  olderThanMs: number | undefined,
  { settings, stdout }: CommandContext,
): Promise<Tally> {
  const { clearCache } = await import('../storage/cache-folder.js');
  const folder = await (await settings({})).cacheFolder();
  await stdout.write(`removed ${inWords(await clearCache(folder, { olderThanMs }))}\n`);
  return { produced: 1, failures: [] };
}

function inWords({ answers, pictures, bytes }: CacheTally): string {
  const parts = [counted(answers, 'answer')];
  // Only those who have reviewed have any.
  if (pictures > 0) parts.push(counted(pictures, 'small picture'));
  return [...parts, sizeOf(bytes)].join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const MINUTE = 60_000;

const units: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 24 * 60 * MINUTE,
  w: 7 * 24 * 60 * MINUTE,
};

/** @returns the age in milliseconds. */
function age(value: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([a-z])$/.exec(value) ?? [];
  const unitMs = units[unit];
  if (number !== undefined && unitMs !== undefined) return Number(number) * unitMs;
  throw new InvalidArgumentError('Give a number and m, h, d or w, such as 45m, 12h, 30d or 2w.');
}
