import type { Brief, JsonSchema } from '../../domain/brief.js';
import { GeminiImageError } from '../../domain/error.js';
import type { CommandContext } from '../../run/context.js';
import { readNamedText, schemaFileOf } from '../../run/text-flag.js';
import { schemaOfFields } from '../../schema/fields.js';
import { fitForGemini } from '../../schema/gemini-subset.js';
import { parseSchema } from '../../schema/json-break.js';
import { jsonJudge } from '../../schema/validator.js';
import { type BriefOptions, briefOf } from './styled-prompt.js';

/**
 * The schema that `--schema` or `--fields` asks for, in the part of JSON Schema that Gemini takes.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function readSchemaFlags(
  { schema: value, fields }: { schema: string | undefined; fields: string | undefined },
  { talk, signal }: Pick<CommandContext, 'talk' | 'signal'>,
): Promise<JsonSchema> {
  if (value !== undefined && fields !== undefined) {
    throw new GeminiImageError({
      kind: 'usage',
      message: '--schema and --fields both say what the answer looks like',
      hint: 'Leave out one of them.',
    });
  }
  if (fields !== undefined) return schemaOfFields(fields);
  const given = value ?? '';
  const file = schemaFileOf(given);
  const text = file === undefined ? given : await readNamedText(file, "the schema's file", signal);
  const about = file === undefined ? '--schema' : `the schema's file ${file}`;
  const { schema, leftOut } = fitForGemini(parseSchema(text, about));
  if (leftOut.length > 0)
    talk.note(`not sent, since Gemini does not take it: ${leftOut.join(', ')}`);
  return schema;
}

const PROMPT =
  'Describe this image by filling in the fields of the JSON answer. Say only what the image ' +
  'shows; where it does not show something, say so as the field allows.';

/**
 * Asks for an answer in JSON, checked against its schema.
 *
 * @throws GeminiImageError of kind `usage` where the options do not go with it, or the schema is none.
 */
export async function schemaBrief(schema: JsonSchema, options: BriefOptions): Promise<Brief> {
  if (options.style !== undefined) throw clash('--style');
  if (options.maxWords !== undefined) throw clash('--max-words');
  const { prompt, asked } = briefOf({ ...options, prompt: options.prompt ?? PROMPT });
  return {
    rules: 'schema',
    prompt,
    ...(asked && { asked }),
    schema,
    judge: await jsonJudge(schema),
  };
}

function clash(flag: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `${flag} and a schema both say what the answer looks like`,
    hint: `Leave out ${flag}; in a schema, descriptions can ask for a style or a length.`,
  });
}
