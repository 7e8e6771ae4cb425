import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { type GeminiImageError, usageError } from '../domain/error.js';
import type { OwnMark } from '../domain/own-mark.js';
import { isPlainFile } from '../storage/output-file.js';
import { outputTarget } from '../storage/output-target.js';
import type { Untouchable } from '../storage/reserved-files.js';
import { freeAsideName, type Keeping, lastAsideName } from '../storage/swap-file.js';

/** What a run may do to the file that is in the place of an output. */
export interface Admission {
  /** Whether there is a file that somebody else has made. */
  isForeign: boolean;
  /** What becomes of the file when its place is taken. */
  keeping(answers: number): Promise<Keeping>;
}

/** How a kind of output tells its own files from others. */
export interface Recognition {
  /** How many answers a file has; undefined where it is not ours. */
  answersIn(path: string): Promise<number | undefined>;
  /** What is wanted there, with its article; undefined where no file can say that it is ours. */
  what: string | undefined;
  /** The flag that names the output. */
  flag: string;
  /** Whether files of the kind are replaced without being kept. */
  keepsNone?: boolean;
}

/** By its beginning, for formats that have a mark. */
export async function recognitionOf(
  mark: OwnMark | undefined,
): Promise<Pick<Recognition, 'answersIn' | 'what'>> {
  if (!mark) return { answersIn: async () => undefined, what: undefined };
  const { answersInOwn } = await import('../storage/own-output.js');
  return { answersIn: (path) => answersInOwn(path, mark), what: mark.what };
}

/**
 * Sees whether an output may take its place. An empty file, a pipe and a device are free; a file that
 * is not recognisably ours is only replaced where the user says so, and kept then.
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
  // Without a flag of its own, results can go to stdout as well, as the usual hint says.
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
      // Of two files, the one with more answers is not the one that goes.
      if ((answers ?? 0) > newAnswers) return 'numbered';
      const last = await lastAsideName(target);
      return (await mayGo(last, answers ?? 0, answersIn)) ? { replacing: last } : 'numbered';
    },
  };
}

/** Whether the file that was set aside last may be replaced by the one that is set aside now. */
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
