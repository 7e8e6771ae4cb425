import { GeminiImageError } from '../domain/error.js';
import type { FindInputs } from '../images/find/find-images.js';
import type { CommandContext } from './context.js';
import type { RunFlags } from './options.js';

/**
 * What the command line names.
 *
 * @throws GeminiImageError of kind `usage` where that is nothing, or stdin twice.
 */
export function namedInputs(
  images: readonly string[],
  { filesFrom, failed, null: nulSeparated = false }: RunFlags,
  { stdin }: CommandContext,
): FindInputs {
  const isPiped = images.length === 0 && filesFrom === undefined && stdin.isData;
  const names = isPiped ? ['-'] : images;
  if (names.length === 0 && filesFrom === undefined) {
    throw usage('name at least one picture', 'For example: gemini-image describe photo.png');
  }
  if (nulSeparated && filesFrom === undefined && failed === undefined) {
    throw usage('-0 says how names are separated in a list', 'Give the list: --files-from -');
  }
  const readers = names.filter((name) => name === '-').length + (filesFrom === '-' ? 1 : 0);
  if (readers > 1) throw usage('stdin can be read only once', 'Name - once.');
  return { images: names, filesFrom, nulSeparated };
}

/**
 * The files that a run is known to read, which nothing that it writes may replace.
 *
 * @param besides what the command reads besides the pictures and their list.
 */
export function filesRead(
  { images, filesFrom }: FindInputs,
  besides: readonly string[],
): readonly string[] {
  const files = [...images, filesFrom ?? [], ...besides, '.env'].flat();
  return files.map((name) => (name === '-' ? '/dev/stdin' : name));
}

function usage(message: string, hint: string): GeminiImageError {
  return new GeminiImageError({ kind: 'usage', message, hint });
}
