import { usageError } from '../../domain/error.js';
import { checkPlaceholders } from '../../engine/prompt-text.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { brokenRules, mostCharacters, mostWords, oneLine, type Rule } from './rules.js';
import { STYLE_NAMES } from './style-names.js';
import type { Style } from './styles.js';
import { asItIs, isTexts, type Validate } from './validators.js';

/** The rules that a style of the user's own may have; in a list, each entry is held to them. */
export interface OwnRules {
  /** The most characters. */
  readonly maxChars?: number | undefined;
  /** The most words. */
  readonly maxWords?: number | undefined;
  /** Whether a line break is wrong. */
  readonly oneLine?: boolean | undefined;
  /** Whether the answer is a list of texts. */
  readonly list?: boolean | undefined;
  /** Whether the answer is made lower-case. */
  readonly lowercase?: boolean | undefined;
}

/** A style of the user's own. */
export interface OwnStyle extends OwnRules {
  /** A letter, then letters, digits, dashes and underscores. */
  readonly name: string;
  /** What is asked; it may have placeholders. */
  readonly prompt: string;
}

/** The rules with the sentences that ask for them: a rule that nobody told would break by chance. */
const told: readonly {
  rule: keyof OwnRules;
  sentence(style: OwnRules): string;
}[] = [
  { rule: 'list', sentence: () => 'Answer with a JSON array of strings.' },
  {
    rule: 'maxChars',
    sentence: ({ maxChars, list }) =>
      `${eachOf(list)} at most ${maxChars} ${plural(maxChars, 'character')}.`,
  },
  {
    rule: 'maxWords',
    sentence: ({ maxWords, list }) =>
      `${eachOf(list)} at most ${maxWords} ${plural(maxWords, 'word')}.`,
  },
  { rule: 'oneLine', sentence: ({ list }) => `${eachOf(list)} one line, without line breaks.` },
  { rule: 'lowercase', sentence: () => 'Write in lower case.' },
];

function eachOf(list: boolean | undefined): string {
  return list ? 'Each of them has' : 'The answer has';
}

function plural(count: number | undefined, word: string): string {
  return count === 1 ? word : `${word}s`;
}

/** A name as a key of a record and a column of a table; `=` and `,` separate styles on the command line. */
const NAME = /^\p{L}[\p{L}\p{N}_-]{0,63}$/u;

/** Names that a table of results has already. */
const TAKEN = ['image', 'status', 'text', 'model'];

/** @throws GeminiImageError of kind `usage` if the name cannot be that of an own style. */
export function checkOwnName(name: string, what = 'a style of your own'): void {
  if (!NAME.test(name)) {
    throw usageError(
      `${JSON.stringify(name)} is no name for ${what}`,
      'Give a letter, then letters, digits, dashes and underscores, at most 64.',
    );
  }
  if (STYLE_NAMES.some((known) => known === name) || TAKEN.includes(name)) {
    throw usageError(`${what} cannot be named ${name}: that name is taken`, 'Give another one.');
  }
}

/**
 * What is asked by an own style, and its rules.
 *
 * @throws GeminiImageError of kind `usage` if its name or its prompt cannot be used.
 */
export function ownStyle(style: OwnStyle): Style & { rules: string | undefined } {
  const { name, prompt } = style;
  checkOwnName(name);
  if (prompt.trim() === '') throw usageError(`the prompt of the style ${name} is empty`);
  checkPlaceholders(prompt, ` in the prompt of the style ${name}`);
  const rules = told.filter(({ rule }) => isGiven(style[rule]));
  return {
    summary: 'a style of your own',
    example: '',
    prompt: [prompt, ...rules.map(({ sentence }) => sentence(style))].join('\n\n'),
    // Without rules, it is the same question as the prompt alone.
    rules:
      rules.length === 0
        ? undefined
        : ownRulesName(
            style,
            rules.map(({ rule }) => rule),
          ),
    ...(style.list && { schema: { type: 'array', items: { type: 'string' } } }),
    ...(style.list && { refuses: { maxWords: 'It is a list; give it maxWords of its own.' } }),
    validate: rules.length === 0 ? asItIs : style.list ? ownList(style) : ownText(style),
  };
}

/** The rules in a few words each, for lists of styles. */
export function rulesInWords({ maxChars, maxWords, oneLine, list, lowercase }: OwnRules): string[] {
  return [
    ...(list ? ['a list'] : []),
    ...(maxChars === undefined ? [] : [`at most ${maxChars} ${plural(maxChars, 'character')}`]),
    ...(maxWords === undefined ? [] : [`at most ${maxWords} ${plural(maxWords, 'word')}`]),
    ...(oneLine ? ['in one line'] : []),
    ...(lowercase ? ['in lower case'] : []),
  ];
}

function isGiven(value: number | boolean | undefined): boolean {
  return value !== undefined && value !== false;
}

function ownRulesName(style: OwnRules, rules: readonly (keyof OwnRules)[]): string {
  return `own ${rules.map((rule) => `${rule}=${style[rule]}`).join(' ')}`;
}

function rulesOf({ maxChars, maxWords, oneLine: isOneLine }: OwnRules, tag?: string): Rule[] {
  return [
    ...(maxChars === undefined ? [] : [mostCharacters(maxChars)]),
    ...(maxWords === undefined ? [] : [mostWords(maxWords, tag)]),
    ...(isOneLine ? [oneLine] : []),
  ];
}

function ownText(style: OwnRules): Validate {
  return (text, { language, maxWords }) => {
    const trimmed = text.trim();
    const limits = maxWords === undefined ? [] : [mostWords(maxWords, language?.tag)];
    const problem = brokenRules(trimmed, [...rulesOf(style, language?.tag), ...limits]);
    if (problem !== undefined) return { ok: false, problem };
    return { ok: true, text: style.lowercase ? lower(trimmed, language?.tag) : trimmed };
  };
}

function ownList(style: OwnRules): Validate {
  return (text, { language }) => {
    const answer = parseJsonAnswer(text);
    if (!answer.ok) return answer;
    if (!isTexts(answer.value)) return { ok: false, problem: 'it is not a JSON array of strings' };
    const entries = answer.value.map((entry) => entry.trim());
    const rules = rulesOf(style, language?.tag);
    for (const [at, entry] of entries.entries()) {
      const problem = brokenRules(entry, rules);
      if (problem !== undefined) return { ok: false, problem: `of entry ${at + 1}, ${problem}` };
    }
    const cased = style.lowercase ? entries.map((one) => lower(one, language?.tag)) : entries;
    const list = [...new Set(cased)];
    return { ok: true, text: list.join(', '), data: list };
  };
}

function lower(text: string, tag: string | undefined): string {
  return tag === undefined ? text.toLowerCase() : text.toLocaleLowerCase(tag);
}
