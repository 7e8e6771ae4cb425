import type { Brief, JsonSchema, SeveralBriefs, Validation } from '../../domain/brief.js';
import { usageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import {
  answerIn,
  firstText,
  type StyleAnswer,
  type StyleAnswers,
} from '../../domain/style-answers.js';
import { freeTag } from '../../engine/prompt-text.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import {
  type BriefOptions,
  briefOf,
  contextParagraph,
  nameOf,
  noLongForm,
  type OneBriefOptions,
  promptAndStyle,
  questionOf,
  type StyleChoice,
  styleOf,
} from './styled-prompt.js';
import { vocabularyRules } from './vocabulary/vocabulary-tags.js';

const LEAD =
  'Do each of the following tasks for this image, each by itself and by its own rules. Answer with ' +
  'one JSON object that has the result of each task under its name.';

/** One of several styles: as it is asked by itself, and its part of the question about all. */
interface Part {
  readonly name: string;
  readonly brief: Brief;
  readonly prompt: string;
  /** What the options add to its prompt. */
  readonly sentences: readonly string[];
  readonly schema: JsonSchema;
}

/**
 * Makes the brief that asks for several styles in one call. Each keeps its own prompt and rules, so
 * that its answer is the one that it would get alone.
 *
 * @throws GeminiImageError of kind `usage`, as `briefOf` does, and if two styles have one name.
 */
export function briefOfSeveral(
  styles: readonly StyleChoice[],
  options: Omit<BriefOptions, 'style'>,
): Brief {
  if (options.prompt !== undefined) throw promptAndStyle();
  const wanted = withoutRepetitions(styles);
  const parts = wanted.map((style) => partOf(optionsFor(style, wanted, options)));
  return briefAbout(parts, options);
}

function withoutRepetitions(styles: readonly StyleChoice[]): readonly StyleChoice[] {
  const known = new Map<string, StyleChoice>();
  for (const style of styles) {
    const name = nameOf(style);
    const same = known.get(name);
    if (same !== undefined && JSON.stringify(same) !== JSON.stringify(style)) {
      throw usageError(`two styles are named ${name}`, 'Give each a name of its own.');
    }
    known.set(name, style);
  }
  return [...known.values()];
}

/**
 * The options of one style among others: those that it does not take are for the others.
 *
 * @throws GeminiImageError of kind `usage` if none of the styles takes an option.
 */
function optionsFor(
  style: StyleChoice,
  all: readonly StyleChoice[],
  { long, lang, maxWords, ...options }: Omit<BriefOptions, 'style'>,
): OneBriefOptions {
  const kinds = all.map((one) => styleOf(one, options.vocab));
  const own = styleOf(style, options.vocab);
  if (long && !kinds.some((kind) => kind.long)) throw noLongForm();
  // If every style refuses it, `briefOf` says why.
  const takesLang = !own.refuses?.lang || kinds.every(({ refuses }) => refuses?.lang);
  const takesWords = !own.refuses?.maxWords || kinds.every(({ refuses }) => refuses?.maxWords);
  return {
    ...options,
    style,
    long: long && own.long !== undefined,
    ...(takesLang && { lang }),
    ...(takesWords && { maxWords }),
  };
}

function partOf(options: OneBriefOptions): Part {
  const { task, sentences } = questionOf(options);
  const name = options.style === undefined ? '' : nameOf(options.style);
  const brief = briefOf(options);
  const { prompt, schema = { type: 'string' } } = task;
  return { name, brief, prompt, sentences, schema };
}

/** The brief about one or more of the styles. */
function briefAbout(parts: readonly Part[], options: Omit<BriefOptions, 'style'>): Brief {
  const [first, ...others] = parts;
  if (first && others.length === 0) return first.brief;
  const { context } = options;
  const names = parts.map(({ name }) => name);
  const langs = parts.flatMap(({ brief }) => brief.asked?.lang ?? []);
  const several: SeveralBriefs = {
    briefs: new Map(parts.map(({ name, brief }) => [name, brief])),
    keepsGood: options.keepGood ?? false,
    only: (styles) =>
      briefAbout(
        parts.filter(({ name }) => styles.includes(name)),
        options,
      ),
  };
  return {
    rules: ['several', ...(options.vocab ? [vocabularyRules(options.vocab)] : [])].join(' '),
    asked: { style: names.join(','), ...(langs[0] !== undefined && { lang: langs[0] }) },
    prompt: [
      LEAD,
      ...taskTexts(parts),
      ...(context === undefined ? [] : [contextParagraph(context)]),
    ].join('\n\n'),
    schema: schemaOf(parts),
    ...(parts.some(({ brief }) => brief.isCopy) && { isCopy: true }),
    several,
    ...secondAmong(parts),
    validate: (text) => validated(text, parts),
  };
}

/** Each task between tags of its own; they get a number if the text of a task has them itself. */
function taskTexts(parts: readonly Part[]): readonly string[] {
  const tasks = parts.map(({ name, prompt, sentences }) => ({
    name,
    text: [prompt, ...sentences].join('\n\n'),
  }));
  const tag = freeTag('task', tasks.map(({ text }) => text).join('\n'));
  return tasks.map(({ name, text }) => `<${tag} name="${name}">\n${text}\n</${tag}>`);
}

function schemaOf(parts: readonly Part[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(parts.map(({ name, schema }) => [name, schema])),
    required: parts.map(({ name }) => name),
    additionalProperties: false,
  };
}

/** The second question of one of the styles: it takes the place of that style's part of the answer. */
function secondAmong(parts: readonly Part[]): Pick<Brief, 'second'> {
  const part = parts.find(({ brief }) => brief.second);
  const second = part?.brief.second;
  if (!part || !second) return {};
  const { name } = part;
  const wordsIn = (first: string) => JSON.stringify(valueIn(first)[name]);
  return {
    second: {
      validate: (text) => validated(text, parts, true),
      ask: (first) => second.ask(wordsIn(first)),
      join(first, answer) {
        const words = parseJsonAnswer(second.join(wordsIn(first), answer));
        return JSON.stringify({ ...valueIn(first), [name]: words.ok ? words.value : undefined });
      },
      among: {
        style: name,
        others: (first) =>
          rightAmong(
            valueIn(first),
            parts.filter((one) => one !== part),
          ),
      },
      tokens: second.tokens,
    },
  };
}

function valueIn(text: string): Readonly<Record<string, unknown>> {
  const parsed = parseJsonAnswer(text);
  return parsed.ok && isObject(parsed.value) ? parsed.value : {};
}

function rightAmong(
  value: Readonly<Record<string, unknown>>,
  parts: readonly Part[],
): StyleAnswers {
  return Object.fromEntries(
    parts.flatMap((part): [string, StyleAnswer][] => {
      const judged = judge(value, part);
      return judged.ok ? [[part.name, judged.answer]] : [];
    }),
  );
}

/**
 * Judges each answer by the rules of its style.
 *
 * @param isFirst whether a second question follows: what it is about is right then, but no answer yet.
 */
function validated(text: string, parts: readonly Part[], isFirst = false): Validation {
  const parsed = parseJsonAnswer(text);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (!isObject(value)) return { ok: false, problem: 'it is not a JSON object' };
  const right: [string, StyleAnswer][] = [];
  const problems: [string, string][] = [];
  for (const part of parts) {
    const { second } = part.brief;
    const asked = isFirst && second ? { ...part.brief, validate: second.validate } : part.brief;
    const judged = judge(value, { ...part, brief: asked });
    if (!judged.ok) problems.push([part.name, judged.problem]);
    else if (asked === part.brief) right.push([part.name, judged.answer]);
  }
  const answers: StyleAnswers = Object.fromEntries(right);
  if (problems.length === 0) return { ok: true, text: firstText(answers), answers };
  const problem = problems.map(([name, what]) => `of ${name}, ${what}`).join('; ');
  // With nothing right, it is an answer that is wrong as a whole.
  if (problems.length === parts.length) return { ok: false, problem };
  const wrong = parts.filter(({ name }) => problems.some(([one]) => one === name));
  return {
    ok: false,
    problem,
    partly: {
      right: answers,
      problems: Object.fromEntries(problems),
      wrong: JSON.stringify(pick(value, wrong)),
      schema: schemaOf(wrong),
      join: (second) => joined(value, second, wrong),
    },
  };
}

type Judged = { ok: true; answer: StyleAnswer } | { ok: false; problem: string };

function judge(value: Readonly<Record<string, unknown>>, { name, brief }: Part): Judged {
  if (!Object.hasOwn(value, name)) return { ok: false, problem: 'it is missing' };
  const given = value[name];
  if (!brief.schema && typeof given !== 'string') return { ok: false, problem: 'it is not a text' };
  const text = typeof given === 'string' && !brief.schema ? given : JSON.stringify(given);
  if (text.trim() === '' && !brief.mayBeEmpty) return { ok: false, problem: 'it is empty' };
  const validation = brief.validate(text);
  return validation.ok ? { ok: true, answer: answerIn(validation) } : validation;
}

/** The first answer, with what the second one says about the styles that were wrong. */
function joined(
  first: Readonly<Record<string, unknown>>,
  second: string,
  wrong: readonly Part[],
): string {
  const parsed = parseJsonAnswer(second);
  const better = parsed.ok && isObject(parsed.value) ? pick(parsed.value, wrong) : {};
  return JSON.stringify({ ...first, ...better });
}

function pick(value: Readonly<Record<string, unknown>>, parts: readonly Part[]): object {
  return Object.fromEntries(
    parts.filter(({ name }) => Object.hasOwn(value, name)).map(({ name }) => [name, value[name]]),
  );
}
