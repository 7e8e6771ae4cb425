import { isObject } from './json.js';

/** The answer to one of several styles: a text, a list such as tags, or alt text with its description. */
export type StyleAnswer =
  | string
  | readonly string[]
  | { readonly alt: string; readonly description: string };

/** The answers to several styles, by the name of each, in the order in which they were asked. */
export type StyleAnswers = Readonly<Record<string, StyleAnswer>>;

/** The answer as text, as it is where its style is the only one that was asked. */
export function textOfAnswer(answer: StyleAnswer): string {
  if (typeof answer === 'string') return answer;
  return 'alt' in answer ? `${answer.alt}\n\n${answer.description}` : answer.join(', ');
}

/** The first of the answers as text; there is at least one. */
export function firstText(answers: StyleAnswers): string {
  const [first = ''] = Object.values(answers);
  return textOfAnswer(first);
}

/** The answers for people: `style: answer`, a line each. */
function answerLines(answers: StyleAnswers): string {
  return Object.entries(answers)
    .map(([style, answer]) => `${style}: ${inOneLine(textOfAnswer(answer))}`)
    .join('\n');
}

/** A text without its line breaks, those that only Unicode knows included. */
function inOneLine(text: string): string {
  return text.trim().replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, ' ');
}

/** What a record says as text where no format asks for more: all of its answers, or its only one. */
export function shownText({ text, answers }: { text: string; answers?: StyleAnswers }): string {
  return answers ? answerLines(answers) : text;
}

/** The answer in a result: its value if a style has such, otherwise its text. */
export function answerIn({ text, data }: { text: string; data?: unknown }): StyleAnswer {
  return asAnswer(data) ?? text;
}

/** A value that was JSON as an answer to a style; undefined if it cannot be one. */
function asAnswer(value: unknown): StyleAnswer | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value.every((one) => typeof one === 'string') ? value : undefined;
  if (!isObject(value)) return undefined;
  const { alt, description } = value;
  if (typeof alt !== 'string' || typeof description !== 'string') return undefined;
  return { alt, description };
}
