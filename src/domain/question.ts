import type { JsonSchema } from './brief.js';
import type { Content } from './content.js';
import type { ModelSettings } from './model-settings.js';

/** A picture that was uploaded; the service keeps it for 48 hours unless it is deleted. */
export interface UploadedFile {
  /** `files/` and an id. */
  readonly name: string;
  /** How a question refers to it. */
  readonly uri: string;
  readonly mimeType: string;
}

/** One part of a question, in the API's terms. */
export type QuestionPart =
  | { readonly text: string }
  | {
      readonly inline: { readonly content: Content; readonly mimeType: string };
      readonly pages?: Pages;
    }
  | { readonly file: UploadedFile; readonly pages?: Pages };

/** How many pages of a document the part shows, each of which counts as a picture; 1 without it. */
type Pages = number | undefined;

/** What is asked about one or several pictures. */
export interface Question {
  model: string;
  /** Pictures first, the prompt last; each of several pictures has its name as text before it. */
  parts: readonly QuestionPart[];
  settings?: ModelSettings | undefined;
  /** Given if the answer is to be JSON of this shape. */
  schema?: JsonSchema | undefined;
  /** Whether no text at all is an answer. */
  mayBeEmpty?: boolean | undefined;
  /** Whether the answer is to repeat words of the picture. */
  isCopy?: boolean | undefined;
}
