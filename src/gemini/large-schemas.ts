import type { JsonSchema } from '../domain/brief.js';
import type { GeminiImageError } from '../domain/error.js';
import type { Notice } from '../domain/events.js';
import { isObject } from '../domain/json.js';
import type { Question } from '../domain/question.js';

/** Asks by a looser schema if the service takes one for too large. */
export interface LargeSchemas {
  /** The question as it is put at first: looser if a schema of its size was refused before. */
  fitting(question: Question): Question;
  /** The question as it is put again after it failed; undefined if that does not help. */
  looser(question: Question, failure: GeminiImageError): Question | undefined;
  /** A warning for the user, once, if questions are put with a looser schema. */
  notice(): Notice | undefined;
}

/**
 * How large a schema may be depends on the model, and is not told: long enums and limits of lists are
 * refused from some size on. They are then told in words, and held by whoever judges the answers.
 */
export function largeSchemas(): LargeSchemas {
  /** In characters of JSON. */
  let smallestRefused = Number.POSITIVE_INFINITY;
  let isTold = false;
  return {
    fitting: (question) =>
      sizeOf(question.schema) < smallestRefused ? question : (inWords(question) ?? question),
    looser(question, { httpStatus, message }) {
      if (httpStatus !== 400 || !TOO_LARGE.test(message)) return undefined;
      const looser = inWords(question);
      if (looser) smallestRefused = Math.min(smallestRefused, sizeOf(question.schema));
      return looser;
    },
    notice() {
      if (isTold || smallestRefused === Number.POSITIVE_INFINITY) return undefined;
      isTold = true;
      return {
        topic: 'schema',
        message:
          'the service takes the schema for too large, so long lists of values are told to the model in words; answers are checked as ever',
      };
    },
  };
}

const TOO_LARGE = /\btoo many states\b/i;

function sizeOf(schema: JsonSchema | undefined): number {
  return schema === undefined ? 0 : JSON.stringify(schema).length;
}

/** Undefined if there is nothing in its schema that could be told in words instead. */
function inWords(question: Question): Question | undefined {
  const { schema, parts } = question;
  if (!schema) return undefined;
  const whole = JSON.stringify(schema);
  const looser = loosened(schema);
  if (!isObject(looser) || JSON.stringify(looser) === whole) return undefined;
  const text = `The answer keeps to this JSON Schema, with all of its values and limits:\n${whole}`;
  return { ...question, schema: looser, parts: [...parts, { text }] };
}

/** With fewer values, an enum is no burden, and says much about the answer. */
const LONG_ENUM = 10;

/** The schema without long enums and limits of lists. */
function loosened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(loosened);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
      if (key === 'enum' && Array.isArray(value) && value.length > LONG_ENUM) return [];
      // A property may be called like a keyword; its value is a schema then.
      if ((key === 'minItems' || key === 'maxItems') && typeof value === 'number') return [];
      return [[key, key === 'enum' ? value : loosened(value)]];
    }),
  );
}
