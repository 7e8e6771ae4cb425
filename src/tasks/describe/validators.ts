import type { Conclusion, JsonSchema, Validation } from '../../domain/brief.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { countCharacters } from './counting.js';
import type { Language } from './language.js';
import { brokenRules, LINE_BREAK, mostWords, type Rule, saysNoText } from './rules.js';

/** Limits that the user sets in addition to the style. */
export interface Bounds {
  readonly language?: Language | undefined;
  readonly maxWords?: number | undefined;
}

/** Checks a finished answer, as the model gave it, against its style and limits. */
export type Validate = (text: string, bounds: Bounds) => Validation;

/** Accepts any text within the limits. */
export const asItIs: Validate = (text, bounds) => validated({ text }, text, inBounds(bounds));

/** Accepts a text that keeps the rules; white space around it is ignored. */
export function prose(...rules: readonly Rule[]): Validate {
  return (text, bounds) => {
    const trimmed = text.trim();
    return validated({ text: trimmed }, trimmed, [...rules, ...inBounds(bounds)]);
  };
}

/** Accepts a transcript, which may be empty; an answer such as "no text" becomes an empty one. */
export function copy(...rules: readonly Rule[]): Validate {
  return (text) =>
    text.trim() === '' || saysNoText(text)
      ? { ok: true, text: '' }
      : validated({ text }, text, rules);
}

function validated(conclusion: Conclusion, text: string, rules: readonly Rule[]): Validation {
  const problem = rules.length === 0 ? undefined : brokenRules(text, rules);
  return problem === undefined ? { ok: true, ...conclusion } : { ok: false, problem };
}

function inBounds({ maxWords, language }: Bounds): readonly Rule[] {
  return maxWords === undefined ? [] : [mostWords(maxWords, language?.tag)];
}

export const FEWEST_TAGS = 5;
export const MOST_TAGS = 15;
/** In characters. */
const LONGEST_TAG = 60;

export const tagsSchema: JsonSchema = {
  type: 'array',
  items: { type: 'string' },
  minItems: FEWEST_TAGS,
  maxItems: MOST_TAGS,
};

/** Accepts a JSON array of tags; makes each lower-case and drops repetitions. */
export const tagList: Validate = (text, { language }) => {
  const answer = parseJsonAnswer(text);
  if (!answer.ok) return answer;
  if (!isTexts(answer.value)) return { ok: false, problem: 'it is not a JSON array of strings' };
  const given = answer.value.map((tag) => tag.trim());
  const tags = [...new Set(given.map((tag) => normalised(tag, language)))];
  const problem = wrongTag(given) ?? wrongCount(tags.length, given.length);
  return problem === undefined
    ? { ok: true, text: tags.join(', '), data: tags }
    : { ok: false, problem };
};

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function normalised(tag: string, language: Language | undefined): string {
  const lower = language ? tag.toLocaleLowerCase(language.tag) : tag.toLowerCase();
  return lower.normalize('NFC').replace(/\s+/g, ' ');
}

function wrongTag(tags: readonly string[]): string | undefined {
  for (const tag of tags) {
    if (tag === '') return 'it has an empty tag';
    if (LINE_BREAK.test(tag)) return 'it has a tag with a line break';
    if (countCharacters(tag) > LONGEST_TAG) {
      return `it has a tag of ${countCharacters(tag)} characters, and ${LONGEST_TAG} are the most`;
    }
    if (tag.includes(',')) return `it has a tag with a comma, "${tag}"`;
  }
  return undefined;
}

function wrongCount(count: number, given: number): string | undefined {
  const tags = count === given ? 'tags' : 'different tags';
  if (count < FEWEST_TAGS) return `it has ${count} ${tags}, and ${FEWEST_TAGS} are the fewest`;
  if (count > MOST_TAGS) return `it has ${count} ${tags}, and ${MOST_TAGS} are the most`;
  return undefined;
}

export const longAltSchema: JsonSchema = {
  type: 'object',
  properties: { alt: { type: 'string' }, description: { type: 'string' } },
  required: ['alt', 'description'],
  additionalProperties: false,
};

/** Accepts a JSON object of alt text and description, each checked by its own rules. */
export function altAndDescription(
  altRules: readonly Rule[],
  descriptionRules: readonly Rule[],
): Validate {
  return (text, bounds) => {
    const answer = parseJsonAnswer(text);
    if (!answer.ok) return answer;
    const data = longAlt(answer.value);
    if (!data) {
      return { ok: false, problem: 'it is not a JSON object of the texts alt and description' };
    }
    const problems = Object.entries({
      alt: brokenRules(data.alt, altRules),
      description: brokenRules(data.description, [...descriptionRules, ...inBounds(bounds)]),
    }).flatMap(([what, problem]) => (problem === undefined ? [] : [`of ${what}, ${problem}`]));
    return problems.length === 0
      ? { ok: true, text: `${data.alt}\n\n${data.description}`, data }
      : { ok: false, problem: problems.join('; ') };
  };
}

function longAlt(value: unknown): { alt: string; description: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('alt' in value && 'description' in value)) return undefined;
  const { alt, description } = value;
  if (typeof alt !== 'string' || typeof description !== 'string') return undefined;
  return { alt: alt.trim(), description: description.trim() };
}
