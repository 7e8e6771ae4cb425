import type { FieldValue } from '../../domain/record.js';
import type { FileFacts } from '../../images/identity/identify-file.js';
import type { Field } from './fields.js';

/** A change of one field; null removes it. */
export interface FieldChange {
  field: Field;
  value: FieldValue | null;
}

/** A file that holds metadata of a picture, as it was when it was opened: a sidecar, or the picture. */
export interface MetadataFile {
  readonly path: string;
  /** Whether it is the picture itself, of which the ledger has size and hash. */
  readonly isPicture: boolean;
  /** Whether the file is there yet. */
  readonly exists: boolean;
  /** What a field says; null for nothing. */
  read(field: Field): FieldValue | null;
  /** The same, and if a text for all languages is missing, the text in one of them. */
  readAny(field: Field): FieldValue | null;
  /** The fields of older forms that have to say the same, with what fits into them. */
  older(field: Field): readonly OlderField[];
  /**
   * Writes the changes: the file is the old one or the new one, whatever happens meanwhile.
   *
   * @returns what the file of a picture is now.
   * @throws NotEmbedded if the picture cannot be written into: it is as it was. GeminiImageError of
   *   kind `usage` if the file cannot be written; of kind `input` if it holds something in such a field
   *   that must not be changed, or has changed meanwhile.
   */
  write(changes: readonly FieldChange[]): Promise<FileFacts | undefined>;
}

export interface OlderField {
  field: Field;
  /** What fits of a value: a text is cut at a word. */
  shorten(value: FieldValue): FieldValue;
}

/** Why nothing can be written into a picture, which a sidecar would take. */
export class NotEmbedded extends Error {
  /** `topic`: the kind of reason, which is said once. Without one, it is about this picture alone. */
  constructor(
    readonly why: string,
    readonly topic?: string,
    readonly hint?: string,
  ) {
    super(why);
  }
}
