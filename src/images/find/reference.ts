/** One picture, by where its bytes are. */
export interface ImageReference {
  readonly kind: 'stdin' | 'url' | 'file';
  /** As the user named it. */
  readonly name: string;
}

/** What a name on the command line means: `-` is standard input, `http(s)://` an address. */
export function referenceTo(name: string): ImageReference {
  if (name === '-') return { kind: 'stdin', name };
  return { kind: isWebAddress(name) ? 'url' : 'file', name };
}

export function isWebAddress(name: string): boolean {
  return /^https?:\/\//i.test(name);
}
