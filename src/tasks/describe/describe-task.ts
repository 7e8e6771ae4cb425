import type { Brief } from '../../domain/brief.js';
import { usageError } from '../../domain/error.js';
import { hasPlaceholders } from '../../engine/prompt-text.js';
import { outputFormats, wholeText } from '../../output/formats.js';
import type { CommandContext } from '../../run/context.js';
import type { Job } from '../../run/job.js';
import type { RunFlags } from '../../run/options.js';
import { fileOfFlag, readTextFlag, schemaFileOf } from '../../run/text-flag.js';
import { briefFor } from './prompt.js';
import type { BriefOptions } from './styled-prompt.js';

/** Of the prompt and the context, also the file that `@file` names. */
export interface DescribeFlags extends RunFlags, BriefOptions {
  /** A file, or the schema itself. */
  schema?: string;
  fields?: string;
}

/**
 * What `describe` asks, and how its answers are printed.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function describeJob(flags: DescribeFlags, context: CommandContext): Promise<Job> {
  const brief = await briefOfFlags(flags, context);
  if (flags.together && hasPlaceholders(brief.prompt)) {
    throw usageError(
      '--together asks about all pictures at once, and a prompt with {name} about each',
      'Leave out one of them; a brace by itself is written {{.',
    );
  }
  if (flags.stream && brief.schema) {
    throw usageError(
      '--stream prints text as it arrives, and this answer is JSON, which has to be whole',
      'Leave out --stream.',
    );
  }
  const read = [flags.prompt, flags.context, flags.system].map(fileOfFlag);
  return {
    brief,
    formats: brief.schema ? { ...outputFormats, text: wholeText } : outputFormats,
    keepsLedger: true,
    done: 'described',
    filesRead: [...read, schemaFileOf(flags.schema)].filter((path) => path !== undefined),
  };
}

async function briefOfFlags(flags: DescribeFlags, context: CommandContext): Promise<Brief> {
  const { schema, fields } = flags;
  const prompt = flags.prompt === undefined ? undefined : await readPrompt(flags.prompt, context);
  const known = flags.context === undefined ? undefined : await readContext(flags.context, context);
  const wanted = { ...flags, prompt, context: known };
  if (schema === undefined && fields === undefined) return briefFor(wanted);
  const { readSchemaFlags } = await import('./schema-flags.js');
  const { schemaBrief } = await import('./schema-prompt.js');
  return schemaBrief(await readSchemaFlags({ schema, fields }, context), wanted);
}

function readPrompt(value: string, { signal }: CommandContext): Promise<string> {
  const ifEmpty = 'Leave out --prompt for a caption of one or two sentences.';
  return readTextFlag(value, { what: 'the prompt', ifEmpty }, signal);
}

function readContext(value: string, { signal }: CommandContext): Promise<string> {
  const ifEmpty = 'Leave out --context for none.';
  return readTextFlag(value, { what: 'the context', ifEmpty }, signal);
}
