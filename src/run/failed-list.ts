import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { Outcome } from '../engine/outcome.js';
import type { FindInputs } from '../images/find/find-images.js';
import { isPictureName } from '../images/find/looks-like-picture.js';
import { openOutputFile } from '../storage/output-file.js';
import type { ReservedFiles } from '../storage/reserved-files.js';
import { admit } from './admission.js';
import type { CommandContext } from './context.js';
import type { ResultWriter } from './job.js';
import type { RunFlags } from './options.js';
import { sparePictures } from './spared-files.js';

/**
 * `--failed`: the names of the pictures that failed, ready for `--files-from`. The file is written
 * also where there are none, so that it never tells of an earlier run. It may be the very list that
 * is read: of a run that ends early, which has not come to all its names, that stays as it is.
 *
 * @param reserved files that the run reads and writes besides.
 */
export async function openFailedList(
  path: string,
  { images, filesFrom }: FindInputs,
  { null: isNulSeparated = false, overwrite = false }: RunFlags,
  reserved: ReservedFiles,
  { talk }: Pick<CommandContext, 'talk'>,
): Promise<ResultWriter> {
  const isReadList = filesFrom !== undefined && resolve(filesFrom) === resolve(path);
  const separator = isNulSeparated ? '\0' : '\n';
  const named = new Set(images);
  const others = isReadList ? reserved.without(path) : reserved;
  const { keeping } = await admit(path, others, overwrite || isReadList, {
    answersIn: (file) => namesIn(file, separator, named),
    what: 'a list of pictures',
    flag: '--failed',
  });
  await sparePictures(path, '--failed');
  const file = await openOutputFile(path, others, (why) => warnOfNoLock(talk, path, why));
  let listed = 0;
  const write = async (name: string) => {
    if (name.includes(separator)) {
      talk.warn(`${name} cannot be listed in ${path}, which has a name a line; give -0`);
      return;
    }
    listed += 1;
    await file.write(name + separator);
  };
  return {
    async add({ record, error }: Outcome) {
      if (error === undefined) return undefined;
      const names = 'image' in record ? [record] : record.images;
      for (const { image } of names) await write(image);
      return undefined;
    },
    async finish(reason) {
      if (reason && isReadList) return file.discard();
      try {
        await file.commit(await keeping(listed));
      } catch (error) {
        const kept = await file.keep();
        if (!(error instanceof GeminiImageError) || kept === undefined) throw error;
        throw error.with({ hint: `What failed is listed in ${kept}.` });
      }
    },
    async abandon() {
      const kept = listed > 0 && !isReadList ? await file.keep() : await file.discard();
      if (kept) talk.warn(`what failed so far is listed in ${kept}`);
    },
  };
}

/** Says that another run may write the same file. */
export function warnOfNoLock({ warn }: CommandContext['talk'], path: string, why: string): void {
  warn(`${path} cannot be locked (${why}); make sure that no other run writes to it`);
}

const ADDRESS = /^https?:\/\//i;

/**
 * How many names a list has; undefined where it is none: something in it is no address, has not the
 * ending of a picture, is no file, and was not named to this run.
 */
async function namesIn(
  path: string,
  separator: string,
  named: ReadonlySet<string>,
): Promise<number | undefined> {
  const isName = (line: string) =>
    ADDRESS.test(line) || isPictureName(line) || named.has(line) || existsSync(line);
  let count = 0;
  let rest = '';
  const stream = createReadStream(path, 'utf8');
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk).split(separator);
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_NAME || !lines.every(isName)) return undefined;
      count += lines.length;
    }
  } catch {
    return undefined;
  } finally {
    stream.destroy();
  }
  if (rest === '') return count;
  return isName(rest) ? count + 1 : undefined;
}

/** In characters; addresses are longer than paths. */
const LONGEST_NAME = 1 << 20;
