import type { Command } from 'commander';
import type { CommandDefinition, Run } from './definition.js';

/** A command by its name; what else there is to know of it loads when it is wanted. */
interface CommandEntry {
  name: string;
  summary: string;
  /** Whether its work needs the definitions of all commands. */
  tellsOfAll?: boolean;
  definition(): Promise<CommandDefinition>;
}

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'describe',
    summary: 'print what a picture shows',
    definition: async () => (await import('./describe.js')).describeCommand,
  },
  {
    name: 'check',
    summary: 'judge claims about a picture: an exit code for scripts and CI',
    definition: async () => (await import('./check.js')).checkCommand,
  },
  {
    name: 'detect',
    summary: 'find things in a picture: boxes, labels',
    definition: async () => (await import('./detect.js')).detectCommand,
  },
  {
    name: 'alt',
    summary: 'write the alternative texts that HTML, Markdown and components lack',
    definition: async () => (await import('./alt.js')).altCommand,
  },
  {
    name: 'batch',
    summary: 'list, cancel or delete jobs of the Batch API',
    definition: async () => (await import('./batch.js')).batchCommand,
  },
  {
    name: 'merge',
    summary: 'merge the ledgers of several machines into one',
    definition: async () => (await import('./merge.js')).mergeCommand,
  },
  {
    name: 'export',
    summary: 'write the answers of a ledger in another format',
    definition: async () => (await import('./export.js')).exportCommand,
  },
  {
    name: 'review',
    summary: 'look through the answers of a ledger in the browser, and correct them',
    definition: async () => (await import('./review.js')).reviewCommand,
  },
  {
    name: 'show',
    summary: 'print what pictures say of themselves: title, keywords, people, place',
    definition: async () => (await import('./show.js')).showCommand,
  },
  {
    name: 'write',
    summary: 'write the answers of a ledger into the pictures, or into XMP sidecars',
    definition: async () => (await import('./write.js')).writeCommand,
  },
  {
    name: 'styles',
    summary: 'list the styles of answers, each with an example',
    definition: async () => (await import('./styles.js')).stylesCommand,
  },
  {
    name: 'models',
    summary: 'list the models: state, prices, thinking levels, batches',
    definition: async () => (await import('./models.js')).modelsCommand,
  },
  {
    name: 'demo',
    summary: 'describe a picture that comes with it: no key, no network',
    definition: async () => (await import('./demo.js')).demoCommand,
  },
  {
    name: 'doctor',
    summary: 'say what would stop a run here, and what to do about it',
    definition: async () => (await import('./doctor.js')).doctorCommand,
  },
  {
    name: 'config',
    summary: 'print which settings hold, and where each comes from',
    definition: async () => (await import('./config.js')).configCommand,
  },
  {
    name: 'completion',
    summary: 'print a script with which a shell completes command lines',
    tellsOfAll: true,
    definition: async () => (await import('./completion.js')).completionCommand,
  },
  {
    name: 'cache',
    summary: 'print place and size of the answers that --cache keeps',
    definition: async () => (await import('./cache.js')).cacheCommand,
  },
  {
    name: 'emulator',
    summary: 'run a local Gemini API for tests, until Ctrl-C',
    definition: async () => (await import('./emulator.js')).emulatorCommand,
  },
];

/** The commands of a program, which are defined as they are wanted. */
export interface DefinedCommands {
  /** Gives a command its flags and help. @returns whether there is one of that name. */
  define(name: string | undefined): Promise<boolean>;
  defineAll(): Promise<void>;
}

/** Adds every command to a program, by name and summary alone. */
export function addCommands(program: Command, run: Run): DefinedCommands {
  for (const { name, summary } of commands) program.command(name).description(summary);
  const defined = new Set<string>();
  const defineOne = async ({ name, definition }: CommandEntry) => {
    if (defined.has(name)) return;
    defined.add(name);
    const command = program.commands.find((one) => one.name() === name);
    if (command) (await definition()).define(command, run);
  };
  const defineAll = async () => {
    for (const entry of commands) await defineOne(entry);
  };
  return {
    defineAll,
    async define(name) {
      const entry = commands.find((one) => one.name === name);
      if (entry?.tellsOfAll) await defineAll();
      else if (entry) await defineOne(entry);
      return entry !== undefined;
    },
  };
}
