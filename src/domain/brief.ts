import type { NamedPicture } from './record.js';

/** A JSON Schema in the part of the language that Gemini takes. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The result of an answer: its text and, if it was asked for as JSON, its value. */
export interface Conclusion {
  text: string;
  data?: unknown;
}

/** Whether a finished answer keeps to what was asked. */
export type Validation =
  | ({ ok: true } & Conclusion)
  /** `problem` says to the model and to people what is wrong, as in "it has 140 characters, …". */
  | { ok: false; problem: string };

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
  /** Given if the answer is to be JSON. */
  schema?: JsonSchema;
  /** Whether no text at all is an answer. */
  mayBeEmpty?: boolean;
  /** Whether the answer repeats words of the picture, which the model may take for a recitation. */
  isCopy?: boolean;
  /** Takes a finished answer as the model gave it, and what it is about; it never throws. */
  validate(text: string, pictures?: readonly NamedPicture[]): Validation;
  /**
   * Makes the result from the valid answers about the same pictures, if that takes more than one
   * answer or facts of the pictures. Undefined stands for a vote that gave no answer.
   */
  conclude?(texts: readonly (string | undefined)[], pictures: readonly NamedPicture[]): Conclusion;
}
