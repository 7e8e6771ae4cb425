import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { type GeminiImageError, usageError } from '../domain/error.js';
import type { OwnMark } from '../domain/own-mark.js';
import { isPlainFile } from '../storage/output-file.js';
import { outputTarget } from '../storage/output-target.js';
import type { Untouchable } from '../storage/reserved-files.js';
import { freeAsideName, type Keeping, lastAsideName } from '../storage/swap-file.js';

/** What a run may do with a file that already lies at the path of an output. */
export interface Admission {
  /** Whether there is a file that this program did not write. */
  isForeign: boolean;
  /** How the old file is kept when it is replaced. */
  keeping(answers: number): Promise<Keeping>;
}

/** How a kind of output recognizes its own files. */
export interface Recognition {
  /** How many answers a file has; undefined if it is not such an output. */
  answersIn(path: string): Promise<number | undefined>;
  /** The kind of file that is expected, with its article; undefined if such files have no mark. */
  what: string | undefined;
  /** The flag that names the output. */
  flag: string;
  /** Whether files of this kind are replaced without being kept. */
  keepsNone?: boolean;
}

/** Recognizes a file by its beginning, for formats that have a mark. */
export async function recognitionOf(
  mark: OwnMark | undefined,
): Promise<Pick<Recognition, 'answersIn' | 'what'>> {
  if (!mark) return { answersIn: async () => undefined, what: undefined };
  const { answersInOwn } = await import('../storage/own-output.js');
  return { answersIn: (path) => answersInOwn(path, mark), what: mark.what };
}

/**
 * Checks whether an output may be written to its path. An empty file, a pipe and a device may be
 * used. A file that is not recognized as ours is replaced only if the user says so, and is then
 * kept.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function admit(
  path: string,
  untouchable: Untouchable,
  overwrite: boolean,
  { answersIn, what, flag, keepsNone = false }: Recognition,
): Promise<Admission> {
  if (!(await isPlainFile(path))) return { isForeign: false, keeping: async () => 'none' };
  // Results without a flag of their own can go to stdout too, as the usual hint says.
  const hint = flag === '-o' ? undefined : `Name another file with ${flag}.`;
  const { target, existing } = await outputTarget(path, untouchable, hint);
  const hasContent = existing?.isFile() === true && existing.size > 0;
  const answers = hasContent ? await answersIn(target) : undefined;
  const isForeign = hasContent && answers === undefined;
  if (isForeign && !overwrite) throw await notOurs(path, target, what, flag);
  return {
    isForeign,
    async keeping(newAnswers) {
      const now = await lstat(target).catch(() => undefined);
      if (isForeign || !isSame(existing, now)) return 'numbered';
      if (!hasContent || keepsNone) return 'none';
      // Never drop the file with more answers for one with fewer.
      if ((answers ?? 0) > newAnswers) return 'numbered';
      const last = await lastAsideName(target);
      return (await mayGo(last, answers ?? 0, answersIn)) ? { replacing: last } : 'numbered';
    },
  };
}

/** Whether the file that was set aside last may be replaced by the one set aside now. */
async function mayGo(
  aside: string,
  answers: number,
  answersIn: Recognition['answersIn'],
): Promise<boolean> {
  const file = await lstat(aside).catch(() => undefined);
  if (!file?.isFile()) return false;
  const older = file.size === 0 ? 0 : await answersIn(aside);
  return older !== undefined && older <= answers;
}

function isSame(before: Stats | undefined, now: Stats | undefined): boolean {
  if (!before || !now) return before === now;
  return before.ino === now.ino && before.size === now.size && before.mtimeMs === now.mtimeMs;
}

async function notOurs(
  path: string,
  target: string,
  what: string | undefined,
  flag: string,
): Promise<GeminiImageError> {
  const aside = await freeAsideName(target);
  const kept = path + aside.slice(target.length);
  return usageError(
    `${path} is there already${what === undefined ? '' : `, and is not ${what}`}`,
    `Name another file with ${flag}, or give --overwrite: it is kept as ${kept} then.`,
  );
}
