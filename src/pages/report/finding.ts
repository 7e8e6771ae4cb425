import type { GeminiImageError } from '../../domain/error.js';
import type { Status } from '../status.js';

/** An image whose alternative text is to be looked at, and where it stands. */
export interface Finding {
  readonly file: string;
  /** From 1; columns are UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** What is wrong: a status, or the verdict of an audit. */
  readonly rule: Status | 'fails' | 'unclear';
  /** Whether it decides the exit code. */
  readonly isError: boolean;
  /** How the image is written, such as `<img>`. */
  readonly form: string;
  /** Its address, if it has one. */
  readonly image?: string | undefined;
  /** The alternative text now, if there is one. */
  readonly alt?: string | undefined;
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** What would be better, if that was asked. */
  readonly better?: string | undefined;
}

/** A page that could not be read. */
export interface Unread {
  readonly file: string;
  readonly error: GeminiImageError;
}

/** A page that was looked at. */
export interface CheckedPage {
  readonly file: string;
  /** How many images it has. */
  readonly images: number;
  readonly findings: readonly Finding[];
}

/** Turns findings into text; what it returns is written as it is. */
export interface ReportFormat {
  page(page: CheckedPage): string;
  unread(page: Unread): string;
  /** @param why why the run ended early, if it did. */
  end(why?: { kind: string; message: string }): string;
}

/** The sentence for each status. */
export function sentenceFor(
  status: Status,
  { form, image, alt = '' }: Pick<Finding, 'form' | 'image' | 'alt'>,
): string {
  const name = image === undefined ? form : `${form} ${image}`;
  const said = JSON.stringify(alt);
  const sentences: Readonly<Record<Status, string>> = {
    missing: `${name} has no alternative text`,
    empty: `${name} is marked as decorative`,
    placeholder: `${name} has a placeholder for an alternative text: ${said}`,
    duplicate: `${name} repeats what stands beside it: ${said}`,
    long: `${name} has an alternative text of ${[...alt].length} characters: ${said}`,
    present: `${name} has an alternative text: ${said}`,
  };
  return sentences[status];
}
