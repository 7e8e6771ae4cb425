import type { ErrorObject } from 'ajv/dist/2020.js';
import type { JsonSchema, Validation } from '../domain/brief.js';
import { usageError } from '../domain/error.js';
import { parseJsonAnswer } from './json-answer.js';
import { firstOf, printable } from './printable.js';

/** Says what is wrong with a value, in at most about 600 characters; undefined if nothing is. */
export type Validator = (value: unknown) => string | undefined;

const NAMED_PROBLEMS = 5;
/** A million wrong items would make a million errors, so a larger answer stops at the first one. */
const MAX_VALUES_FOR_ALL_ERRORS = 2000;

/**
 * Makes the validator of a schema. Formats that ajv does not know are ignored.
 *
 * @throws GeminiImageError of kind `usage` if it is no schema.
 */
export async function createValidator(schema: JsonSchema): Promise<Validator> {
  const [{ Ajv2020 }, formats] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
  ]);
  const compile = (allErrors: boolean) => {
    const ajv = new Ajv2020({
      allErrors,
      strict: false,
      // 1e400 is read as Infinity, which JSON cannot say.
      strictNumbers: true,
      // Every object has a `constructor` and a `toString` by inheritance.
      ownProperties: true,
      logger: false,
      // Compiling refuses wrong keywords as well; the schema of schemas takes a quarter of a second.
      validateSchema: false,
      meta: false,
    });
    formats.default.default(ajv);
    return ajv.compile(withReachableProto(schema));
  };
  try {
    const isValid = compile(false);
    let listAll: typeof isValid | undefined;
    return (value) => {
      if (isValid(value)) return undefined;
      let { errors } = isValid;
      if (holdsAtMost(value, MAX_VALUES_FOR_ALL_ERRORS)) {
        listAll ??= compile(true);
        listAll(value);
        errors = listAll.errors;
        listAll.errors = null;
      }
      return firstOf((errors ?? []).map(describe), NAMED_PROBLEMS, '; ');
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(
      `the schema is not a valid JSON Schema: ${printable(why, 300)}`,
      undefined,
      error,
    );
  }
}

/** One problem, as in `/tags/2 must be string`. */
function describe(error: ErrorObject): string {
  const place = error.instancePath === '' ? 'the value' : printable(error.instancePath, 40, 'end');
  return `${place} ${printable(wordsOf(error), 64)}`;
}

function wordsOf({ keyword, message = 'is wrong', params }: ErrorObject): string {
  if (keyword === 'additionalProperties') {
    return `must not have the property ${JSON.stringify(params.additionalProperty)}`;
  }
  if (keyword === 'enum')
    return `must be one of ${JSON.stringify(params.allowedValues).slice(1, -1)}`;
  return message;
}

/** Whether a value holds at most `most` values. It stops counting beyond, and does not recurse. */
function holdsAtMost(value: unknown, most: number): boolean {
  const waiting = [value];
  for (let count = 0; waiting.length > 0; count += 1) {
    if (count + waiting.length > most) return false;
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const one of Object.values(next)) waiting.push(one);
  }
  return true;
}

/** Names `__proto__` by a pattern, because ajv ignores a property of that name. */
function withReachableProto(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('properties' in value)) return value;
    const { properties } = value;
    if (typeof properties !== 'object' || properties === null) return value;
    if (!Object.hasOwn(properties, '__proto__')) return value;
    return { ...value, patternProperties: { '^__proto__$': Reflect.get(properties, '__proto__') } };
  });
}

/**
 * Makes the validator of answers that have to be JSON of a schema. The text of a valid answer becomes
 * its JSON on one line; its data is the value.
 *
 * @throws GeminiImageError of kind `usage` if it is no schema.
 */
export async function jsonValidator(schema: JsonSchema): Promise<(text: string) => Validation> {
  const validate = await createValidator(schema);
  return (text) => {
    const answer = parseJsonAnswer(text);
    if (!answer.ok) return answer;
    const wrong = validate(answer.value);
    if (wrong !== undefined) return { ok: false, problem: `it does not fit the schema: ${wrong}` };
    const line = inOneLine(answer.value);
    if (line === undefined) return { ok: false, problem: 'its JSON is nested too deeply' };
    return { ok: true, text: line, data: answer.value };
  };
}

/** Undefined if the value is nested so deep that it can be read but not written. */
function inOneLine(value: unknown): string | undefined {
  try {
    // JSON allows these two as they are, but many readers take them for line ends.
    return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  } catch {
    return undefined;
  }
}
