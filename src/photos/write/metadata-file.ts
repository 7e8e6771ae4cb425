import type { FieldValue } from '../../domain/record.js';
import type { Field } from './fields.js';

/** A change of one field; null removes it. */
export interface FieldChange {
  field: Field;
  value: FieldValue | null;
}

/**
 * A file that holds metadata of a picture, as it was when it was opened. A sidecar is one; an engine
 * that writes into pictures makes another kind.
 */
export interface MetadataFile {
  readonly path: string;
  /** Whether the file is there yet. */
  readonly exists: boolean;
  /** What a field says; null for nothing. */
  read(field: Field): FieldValue | null;
  /** The same, and if a text for all languages is missing, the text in one of them. */
  readAny(field: Field): FieldValue | null;
  /**
   * Writes the changes: the file is the old one or the new one, whatever happens meanwhile.
   *
   * @throws GeminiImageError of kind `usage` if it cannot be written; of kind `input` if the file
   *   holds something in such a field that must not be changed, or has changed meanwhile.
   */
  write(changes: readonly FieldChange[]): Promise<void>;
}
