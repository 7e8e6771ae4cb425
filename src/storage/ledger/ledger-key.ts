/** The key of a picture in a ledger, or of a question about several pictures in this order. */
export function ledgerKey(names: readonly string[]): string {
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return plainName(name);
  // No path and no address can hold a NUL.
  return names.map(plainName).join('\0');
}

/** The key of what a record is about. */
export function keyOfRecord(
  record: { image: string } | { images: readonly { image: string }[] },
): string {
  if ('image' in record) return plainName(record.image);
  return ledgerKey(record.images.map(({ image }) => image));
}

/** `./a.png` is `a.png`. */
export function plainName(name: string): string {
  return name.startsWith('./') ? name.replace(/^(?:\.\/+)+(?=[^/])/, '') : name;
}
