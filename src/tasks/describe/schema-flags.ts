import { usageError } from '../../domain/error.js';
import type { CommandContext } from '../../run/context.js';
import { readNamedText, schemaFileOf } from '../../run/text-flag.js';
import { schemaOfFields } from '../../schema/fields.js';
import { type FittedSchema, fitForGemini } from '../../schema/gemini-subset.js';
import { parseSchema } from '../../schema/json-break.js';

/**
 * The schema given by `--schema` or `--fields`, in the part of JSON Schema that Gemini takes.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function readSchemaFlags(
  { schema: value, fields }: { schema: string | undefined; fields: string | undefined },
  { tell, signals }: Pick<CommandContext, 'tell' | 'signals'>,
): Promise<FittedSchema> {
  if (value !== undefined && fields !== undefined) {
    throw usageError(
      '--schema and --fields both say what the answer looks like',
      'Leave out one of them.',
    );
  }
  if (fields !== undefined) return fitForGemini(schemaOfFields(fields));
  const given = value ?? '';
  const file = schemaFileOf(given);
  const text =
    file === undefined ? given : await readNamedText(file, "the schema's file", signals.abort);
  const about = file === undefined ? '--schema' : `the schema's file ${file}`;
  const fitted = fitForGemini(parseSchema(text, about));
  const { leftOut, notEnforced } = fitted;
  if (leftOut.length > 0) tell({ type: 'schemaLeftOut', keywords: leftOut });
  if (notEnforced.length > 0) tell({ type: 'schemaUnenforced', keywords: notEnforced });
  return fitted;
}
