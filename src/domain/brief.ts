import type { Known } from './known.js';
import type { NamedPicture } from './record.js';
import type { StyleAnswers } from './style-answers.js';

/** A JSON Schema in the part of the language that Gemini takes. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The result of an answer: its text and, if it was asked for as JSON, its value. */
export interface Conclusion {
  text: string;
  data?: unknown;
  /** The answer to each style, if several were asked; `text` is the first of them. */
  answers?: StyleAnswers;
}

/** An answer to several styles of which some are right and some are not. */
export interface PartlyRight {
  /** The right answers. */
  right: StyleAnswers;
  /** By style, what is wrong with the others. */
  problems: Readonly<Record<string, string>>;
  /** What was said to the others, to be quoted when they are asked again. */
  wrong: string;
  /** The schema for them alone. */
  schema: JsonSchema;
  /** Puts a second answer, about them alone, in the place of what is wrong. */
  join(second: string): string;
}

/** Whether a finished answer keeps to what was asked. */
export type Validation =
  | ({ ok: true } & Conclusion)
  /** `problem` says to the model and to people what is wrong, as in "it has 140 characters, …". */
  | { ok: false; problem: string; partly?: PartlyRight };

/** What is asked of the model about a picture, and what its answer has to keep to. */
export interface Brief {
  /**
   * The name of the rules that the answer is held to; absent if any answer will do. The same
   * question under other rules is another question.
   */
  rules?: string;
  /** What the options say about the question, for people who read its records. */
  asked?: { style?: string; lang?: string };
  /** The prompt; `{name}`, `{stem}` and `{folder}` are filled in by picture, `{{` is a brace. */
  prompt: string;
  /**
   * What is known about the pictures, as a paragraph after the prompt. It is no template, and it is
   * part of the question.
   */
  known?: string;
  /**
   * Says what is known about a picture, as such a paragraph; without it, the facts are listed. Undefined
   * if there is nothing to say.
   */
  tells?(known: Known): string | undefined;
  /** Given if the answer is to be JSON. */
  schema?: JsonSchema;
  /** Whether no text at all is an answer. */
  mayBeEmpty?: boolean;
  /** What the model is to say where there is nothing; a stream must not show it. */
  forNothing?: string;
  /** Whether the answer repeats words of the picture, which the model may take for a recitation. */
  isCopy?: boolean;
  /** Set if several styles are asked in one call. */
  several?: SeveralBriefs;
  /** Set if the first answer is not yet the answer, but takes a second question about its words. */
  second?: SecondQuestion;
  /** Takes a finished answer as the model gave it, and what it is about; it never throws. */
  validate(text: string, pictures?: readonly NamedPicture[]): Validation;
  /**
   * Makes the result from the valid answers about the same pictures, if that takes more than one
   * answer or facts of the pictures. Undefined stands for a vote that gave no answer.
   */
  conclude?(texts: readonly (string | undefined)[], pictures: readonly NamedPicture[]): Conclusion;
}

/** Several questions that are asked in one call, each with an answer and rules of its own. */
export interface SeveralBriefs {
  /** Each question by the name of its style, as it would be asked by itself. */
  readonly briefs: ReadonlyMap<string, Brief>;
  /** Whether right answers are a result although another one stayed wrong. */
  readonly keepsGood: boolean;
  /** The brief about some of the styles alone; about one, it is the one of that style. */
  only(styles: readonly string[]): Brief;
}

/** A question about the words of an answer, without the picture, whose answer takes its place. */
export interface SecondQuestion {
  /** Whether a finished answer is right for the first question. */
  validate: Brief['validate'];
  /** What is asked about a first answer that is right. */
  ask(first: string): Pick<Brief, 'schema' | 'validate'> & { readonly text: string };
  /** Puts the answers together, to be judged by the brief as a whole. */
  join(first: string, second: string): string;
  /** Of several styles: the one that it is about, and the right answers to the others. */
  readonly among?: { readonly style: string; others(first: string): StyleAnswers };
  /** About how many tokens the first answer has, and the second question and answer take. */
  readonly tokens: { readonly first: number; readonly input: number; readonly output: number };
}
