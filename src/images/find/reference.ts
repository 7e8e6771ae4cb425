/** One picture, by where its bytes are. */
export interface ImageReference {
  readonly kind: 'stdin' | 'file';
  /** As the user named it. */
  readonly name: string;
}

/** What a name on the command line means: `-` is standard input. */
export function referenceTo(name: string): ImageReference {
  return { kind: name === '-' ? 'stdin' : 'file', name };
}
