import type { Brief, Validation } from '../domain/brief.js';
import { GeminiImageError, usageError } from '../domain/error.js';
import type { ProgramListener } from '../domain/events.js';
import { isObject } from '../domain/json.js';
import type { BriefOptions } from '../tasks/describe/styled-prompt.js';

/**
 * A validator that follows Standard Schema and Standard JSON Schema (standardschema.dev): it checks
 * values, and gives the JSON Schema of what it takes.
 */
export interface Validator<Data = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: unknown; readonly output: Data } | undefined;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
    };
    readonly validate?: (value: unknown) => Checked<Data> | Promise<Checked<Data>>;
  };
}

type Checked<Data> =
  | { readonly value: Data; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A JSON Schema, of which the type of its values is not known, or a validator, of which it is. */
export type SchemaFor<Data = unknown> = Validator<Data> | Readonly<Record<string, unknown>>;

/** What is asked with a schema, and what becomes of an answer that keeps to it. */
export interface SchemaQuestion {
  brief: Brief;
  /**
   * The data for the program: what the validator makes of that of the answer.
   *
   * @throws GeminiImageError of kind `answer` if the validator refuses it.
   */
  finish(data: unknown): Promise<unknown>;
}

export async function schemaQuestion(
  { schema, fields }: { schema?: unknown; fields?: string | undefined },
  options: BriefOptions,
  tell: ProgramListener | undefined,
): Promise<SchemaQuestion> {
  if (schema !== undefined && fields !== undefined) throw clash('schema', 'fields');
  const named = schema === undefined ? 'fields' : 'schema';
  if (options.style !== undefined) throw clash(named, 'style');
  if (options.maxWords !== undefined) throw clash(named, 'maxWords');
  const { fitForGemini } = await import('../schema/gemini-subset.js');
  const { schemaBrief } = await import('../tasks/describe/schema-prompt.js');
  if (schema === undefined) {
    const { schemaOfFields } = await import('../schema/fields.js');
    const brief = await schemaBrief(fitForGemini(schemaOfFields(fields ?? '')), options);
    return { brief, finish: async (data) => data };
  }
  const validator = validatorIn(schema);
  const fitted = fitForGemini(validator ? jsonSchemaOf(validator) : schema);
  const { leftOut, notEnforced } = fitted;
  if (leftOut.length > 0) tell?.({ type: 'schemaLeftOut', keywords: leftOut });
  if (notEnforced.length > 0) tell?.({ type: 'schemaUnenforced', keywords: notEnforced });
  const brief = await schemaBrief(fitted, options);
  const check = validator?.['~standard'].validate;
  if (!check) return { brief, finish: async (data) => data };
  return {
    brief: {
      ...brief,
      validate: (text, pictures) => checkedToo(brief.validate(text, pictures), check),
    },
    async finish(data) {
      const checked = await check(data);
      if (checked.issues === undefined) return checked.value;
      throw new GeminiImageError({
        kind: 'answer',
        message: `the answer is not as it was asked for: ${problemOf(checked.issues)}`,
        partialText: JSON.stringify(data),
      });
    },
  };
}

/** A validator that answers later is asked once the answer is there, and then no more is asked. */
function checkedToo(
  validation: Validation,
  check: NonNullable<Validator['~standard']['validate']>,
): Validation {
  if (!validation.ok) return validation;
  const checked = check(validation.data);
  if (checked instanceof Promise) {
    checked.catch(() => undefined);
    return validation;
  }
  return checked.issues === undefined
    ? validation
    : { ok: false, problem: problemOf(checked.issues) };
}

const MOST_ISSUES = 3;

function problemOf(issues: readonly Issue[]): string {
  return issues
    .slice(0, MOST_ISSUES)
    .map(({ message, path = [] }) => {
      const steps = path.map((step) => String(typeof step === 'object' ? step.key : step));
      return steps.length === 0 ? message : `${steps.join('.')}: ${message}`;
    })
    .join('; ');
}

function validatorIn(schema: unknown): Validator | undefined {
  if (!hasStandard(schema)) return undefined;
  const standard = schema['~standard'];
  if (isObject(standard) && isObject(standard.jsonSchema)) {
    if (typeof standard.jsonSchema.input === 'function') return schema as Validator;
  }
  throw usageError(
    'the schema is a validator that does not give its JSON Schema',
    'zod does so from 4.2 on, and arktype from 2.1.28; valibot with toStandardJsonSchema(schema) of @valibot/to-json-schema.',
  );
}

function hasStandard(schema: unknown): schema is { '~standard': unknown } {
  const isAny = (typeof schema === 'object' && schema !== null) || typeof schema === 'function';
  return isAny && '~standard' in schema;
}

function jsonSchemaOf(validator: Validator): unknown {
  try {
    const schema = validator['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    // Only its JSON is meant: zod gives it the methods of a validator too.
    return JSON.parse(JSON.stringify(schema));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`the schema cannot be said as JSON Schema: ${why}`, undefined, error);
  }
}

function clash(one: string, other: string): GeminiImageError {
  return usageError(
    `${one} and ${other} both say what the answer looks like`,
    `Leave out ${other}.`,
  );
}
