import { resolve } from 'node:path';
import type { Outcome } from '../../captions/outcome.js';
import { openOutputFile } from '../../storage/output-file.js';
import { unwritable } from '../../storage/write-failure.js';
import type { CommandContext } from '../context.js';
import type { ResultWriter } from './results.js';
import type { RunFlags } from './task.js';

/**
 * `--failed`: the names of the pictures that failed, ready for `--files-from`. The file is written
 * also where there are none, so that it never tells of an earlier run. It may be the very list that
 * is read: of a run that ends early, which has not come to all its names, that stays as it is.
 *
 * @param untouchable files that the run reads and writes besides.
 */
export async function openFailedList(
  { failed: path = '', filesFrom, null: isNulSeparated = false, output }: RunFlags,
  untouchable: readonly string[],
  { talk }: Pick<CommandContext, 'talk'>,
): Promise<ResultWriter> {
  const isSame = (other: string | undefined) =>
    other !== undefined && resolve(other) === resolve(path);
  if (isSame(output)) throw unwritable(path, 'the results go there');
  const others = untouchable.filter((other) => !isSame(other) || !isSame(filesFrom));
  const file = await openOutputFile(path, others);
  const separator = isNulSeparated ? '\0' : '\n';
  const write = async (name: string) => {
    if (!name.includes(separator)) return file.write(name + separator);
    talk.warn(`${name} cannot be listed in ${path}, which has a name a line; give -0`);
  };
  return {
    async add({ record, error }: Outcome) {
      if (error === undefined) return;
      const names = 'image' in record ? [record] : record.images;
      for (const { image } of names) await write(image);
    },
    finish: (reason) => (reason && isSame(filesFrom) ? file.discard() : file.commit()),
    discard: () => file.discard(),
  };
}
