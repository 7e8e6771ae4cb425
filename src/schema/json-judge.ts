import type { JsonSchema, Judgement } from '../domain/brief.js';
import { parseJsonAnswer } from './json-answer.js';
import { createValidator } from './validator.js';

/**
 * Makes the judge of answers that have to be JSON of a schema. A good answer's text is its JSON on
 * one line; its data is the value.
 *
 * @throws GeminiImageError of kind `usage` where the schema is none.
 */
export async function jsonJudge(schema: JsonSchema): Promise<(text: string) => Judgement> {
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

/** Undefined where a value that could be read is nested deeper than it could be written. */
function inOneLine(value: unknown): string | undefined {
  try {
    // JSON allows them as they are, and much that reads lines takes them for the end of one.
    return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  } catch {
    return undefined;
  }
}
