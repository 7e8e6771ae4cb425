// The form in which a request wants its answer: prose, JSON, or one of several values.

import { invalidArgument, invalidField } from '../http/errors.js';
import { type AnswerSchema, checkAnswerSchema } from './answer-schema.js';
import type { GenerationConfig } from './requests.js';

export type AnswerForm =
  | { readonly kind: 'prose' }
  | { readonly kind: 'json'; readonly schema?: AnswerSchema }
  /** `text/x.enum`: one value of the schema's enum, without quotation marks. */
  | { readonly kind: 'choice'; readonly schema: AnswerSchema };

const CONFIG = 'generation_config';

/** In characters; more than anybody writes, and few enough to be read several times. */
const LARGEST_SCHEMA = 262_144;

/** Throws 400 for a schema that Gemini does not take, or not together with the other settings. */
export function answerFormOf(config: GenerationConfig): AnswerForm {
  const schema = schemaOf(config);
  if (JSON.stringify(schema ?? {}).length > LARGEST_SCHEMA) throw tooLarge();
  const mimeType = config.responseMimeType ?? '';
  if (mimeType === 'application/json') return { kind: 'json', ...(schema && { schema }) };
  if (schema === undefined) return { kind: 'prose' };
  if (mimeType === 'text/x.enum' && schema.enum !== undefined && schema.enum.length > 0) {
    return { kind: 'choice', schema };
  }
  const problem =
    'a response schema is only allowed with `application/json`, or with `text/x.enum` if it is ' +
    'an enum.';
  throw invalidField(`${CONFIG}.response_mime_type`, problem);
}

function tooLarge() {
  return invalidArgument(
    'The specified schema produces a constraint that has too many states for serving.',
  );
}

/** Whether a box in the picture is asked for. */
export function asksForBoxes(form: AnswerForm): boolean {
  return form.kind === 'json' && JSON.stringify(form.schema ?? {}).includes('"box_2d"');
}

function schemaOf(config: GenerationConfig): AnswerSchema | undefined {
  const { responseSchema, responseJsonSchema, _responseJsonSchema } = config;
  const schema = responseJsonSchema ?? _responseJsonSchema ?? undefined;
  if (schema === undefined) return responseSchema;
  if (responseSchema !== undefined) {
    const problem = 'only one of response_schema and response_json_schema can be set.';
    throw invalidField(CONFIG, problem);
  }
  const name = responseJsonSchema ? 'response_json_schema' : '_response_json_schema';
  checkAnswerSchema(schema, `${CONFIG}.${name}`);
  return schema;
}
