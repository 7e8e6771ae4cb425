import type { Format } from './formats.js';

/**
 * Whether a file's name speaks against what its bytes say. The bytes are right; a name that says
 * nothing, or nothing that is known, does not disagree.
 */
export async function nameDisagrees(
  name: string,
  { mimeType, extensions }: Format,
): Promise<boolean> {
  const extension = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined || extensions.includes(extension)) return false;
  // Only a name that looks wrong is worth loading a table of a thousand types.
  const { default: mimeTypes } = await import('mime-types');
  const byName = mimeTypes.lookup(extension);
  return byName !== false && byName !== mimeType;
}
