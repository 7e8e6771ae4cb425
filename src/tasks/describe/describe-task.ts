import type { Brief } from '../../domain/brief.js';
import { usageError } from '../../domain/error.js';
import { hasPlaceholders } from '../../engine/prompt-text.js';
import { outputFormats, wholeText } from '../../output/formats.js';
import type { CommandContext } from '../../run/context.js';
import type { Job } from '../../run/job.js';
import type { RunOptions } from '../../run/options.js';
import { fileOfFlag, readTextFlag, schemaFileOf } from '../../run/text-flag.js';
import { briefFor } from './prompt.js';
import type { BriefOptions } from './styled-prompt.js';

/** The prompt and the context may also be `@file`, which names a file to read. */
export interface DescribeOptions extends BriefOptions {
  /** A schema file, or the schema itself. */
  schema?: string | undefined;
  /** The schema in the short form of `--fields`. */
  fields?: string | undefined;
}

/**
 * The job of `describe`: its question, and how the answers are printed.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function describeJob(
  options: DescribeOptions,
  { ask }: Pick<RunOptions, 'ask'>,
  context: CommandContext,
): Promise<Job> {
  const brief = await readBrief(options, context);
  if (ask.together && hasPlaceholders(brief.prompt)) {
    throw usageError(
      '--together asks about all pictures at once, and a prompt with {name} about each',
      'Leave out one of them; a brace by itself is written {{.',
    );
  }
  if (ask.stream && brief.schema) {
    throw usageError(
      '--stream prints text as it arrives, and this answer is JSON, which has to be whole',
      'Leave out --stream.',
    );
  }
  const read = [options.prompt, options.context].map(fileOfFlag);
  return {
    brief,
    formats: brief.schema ? { ...outputFormats, text: wholeText } : outputFormats,
    keepsLedger: true,
    done: 'described',
    filesRead: [...read, schemaFileOf(options.schema)].filter((path) => path !== undefined),
  };
}

async function readBrief(options: DescribeOptions, context: CommandContext): Promise<Brief> {
  const { schema, fields, prompt: asked, context: told } = options;
  const prompt = asked === undefined ? undefined : await readPrompt(asked, context);
  const known = told === undefined ? undefined : await readContext(told, context);
  const wanted = { ...options, prompt, context: known };
  if (schema === undefined && fields === undefined) return briefFor(wanted);
  const { readSchemaFlags } = await import('./schema-flags.js');
  const { schemaBrief } = await import('./schema-prompt.js');
  return schemaBrief(await readSchemaFlags({ schema, fields }, context), wanted);
}

function readPrompt(value: string, { signals }: CommandContext): Promise<string> {
  const ifEmpty = 'Leave out --prompt for a caption of one or two sentences.';
  return readTextFlag(value, { what: 'the prompt', ifEmpty }, signals.abort);
}

function readContext(value: string, { signals }: CommandContext): Promise<string> {
  const ifEmpty = 'Leave out --context for none.';
  return readTextFlag(value, { what: 'the context', ifEmpty }, signals.abort);
}
