import { chmod, readFile, rename, stat } from 'node:fs/promises';
import { type GeminiImageError, inputError } from '../../domain/error.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import { withTemporary } from '../../storage/temporary-file.js';

/**
 * Replaces a page. It is the old one or the new one whatever happens, and a link to it stays one.
 *
 * @param before what it held when it was read.
 * @throws GeminiImageError of kind `input` if it has changed since, or `usage` if it cannot be written.
 */
export async function writePage(
  name: string,
  before: Uint8Array,
  after: Uint8Array,
): Promise<void> {
  const { target } = await outputTarget(name, []);
  let changed: GeminiImageError | undefined;
  try {
    const { mode } = await stat(target);
    await withTemporary(target, after, async (temporary) => {
      await chmod(temporary, mode & 0o7777);
      const now = await readFile(target);
      if (Buffer.compare(now, before) === 0) await rename(temporary, target);
      else changed = hasChanged();
    });
  } catch (error) {
    throw writeFailure('it', error, 'Make room or change its rights; then start again.');
  }
  if (changed) throw changed;
}

function hasChanged(): GeminiImageError {
  return inputError(
    'it has changed since it was read, and is left as it is',
    'Give the same command again: no answer is asked for twice.',
  );
}
