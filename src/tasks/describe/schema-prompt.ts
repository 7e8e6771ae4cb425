import type { Brief } from '../../domain/brief.js';
import { type GeminiImageError, usageError } from '../../domain/error.js';
import type { FittedSchema } from '../../schema/gemini-subset.js';
import { jsonValidator } from '../../schema/validator.js';
import { type BriefOptions, briefOf } from './styled-prompt.js';

/** What is asked for by a schema alone. */
export const schemaPrompt =
  'Describe this image by filling in the fields of the JSON answer. Say only what the image ' +
  'shows; where it does not show something, say so as the field allows.';

/**
 * A brief that asks for JSON and checks the answer against the given schema.
 *
 * @throws GeminiImageError of kind `usage` if an option does not go with a schema, or the schema is
 *   not valid.
 */
export async function schemaBrief(
  { schema, given }: FittedSchema,
  { style, ...options }: BriefOptions,
): Promise<Brief> {
  if (style !== undefined) throw clash('--style');
  if (options.maxWords !== undefined) throw clash('--max-words');
  const { prompt, asked } = briefOf({ ...options, prompt: options.prompt ?? schemaPrompt });
  return {
    rules: 'schema',
    prompt,
    ...(asked && { asked }),
    schema,
    validate: await jsonValidator(given),
  };
}

function clash(flag: string): GeminiImageError {
  return usageError(
    `${flag} and a schema both say what the answer looks like`,
    `Leave out ${flag}; in a schema, descriptions can ask for a style or a length.`,
  );
}
