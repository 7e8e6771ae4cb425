import type { Command } from 'commander';
import type { CommandContext, Tally } from '../run/context.js';
import type { TalkFlags } from './flags/values.js';

/** A command's action calls this with its flags and the work to do. */
export type Run = (flags: TalkFlags, work: (context: CommandContext) => Promise<Tally>) => void;

/** A command: `define` gives it its flags, help and action. */
export interface CommandDefinition {
  define(command: Command, run: Run): void;
}
