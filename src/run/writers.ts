import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { shownText } from '../domain/style-answers.js';
import { isDiskFailure } from '../domain/system-errors.js';
import { failedBy, type Outcome } from '../engine/outcome.js';
import type { Sidecars } from '../engine/sidecars.js';
import type { FindInputs } from '../images/find/find-images.js';
import { isPictureName } from '../images/find/looks-like-picture.js';
import { displayName } from '../images/find/reference.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { descriptorOf, openOutputFile } from '../storage/output-file.js';
import type { ReservedFiles, Untouchable } from '../storage/reserved-files.js';
import { type Admission, admit } from './admission.js';
import type { CommandContext } from './context.js';
import type { ResultWriter } from './job.js';
import type { Sink } from './printing.js';
import { sparePictures } from './spared-files.js';

/**
 * Writes results to several outputs, one after the other. If one fails, the others still get them.
 *
 * @param tell called for every failure except the first, which is thrown.
 */
export function allOf(writers: readonly ResultWriter[], tell: Tell<'failed'>): ResultWriter {
  const onEach = async (work: (writer: ResultWriter) => Promise<void>) => {
    const errors: unknown[] = [];
    for (const writer of writers) await work(writer).catch((error) => errors.push(error));
    const [first, ...others] = errors;
    for (const error of others)
      if (error instanceof GeminiImageError) tell({ type: 'failed', error });
    if (errors.length > 0) throw first;
  };
  return {
    async add(outcome) {
      let trouble: GeminiImageError | undefined;
      await onEach(async (writer) => {
        const own = await writer.add(trouble ? failedBy(outcome, trouble) : outcome);
        trouble ??= own;
      });
      return trouble;
    },
    async text(text, image) {
      for (const writer of writers) await writer.text?.(text, image);
    },
    finish: (reason) => onEach((writer) => writer.finish(reason)),
    abandon: () => onEach((writer) => writer.abandon()),
  };
}

/**
 * Writes each record to the file as soon as it is there.
 *
 * @param tell called for each answer that could not be written: it was paid for, and several may be
 *   in progress when a disk is full.
 * @param keepsEmpty whether a ledger without records is kept if the run came to its end.
 */
export function ledgerWriter(
  ledger: Ledger,
  tell: Tell<'failed'>,
  keepsEmpty = false,
): ResultWriter {
  return {
    async add({ record }) {
      try {
        await ledger.append(record);
      } catch (error) {
        if (error instanceof GeminiImageError && record.status === 'ok') {
          const about = 'image' in record ? displayName(record.image) : undefined;
          const hint = withAnswer(undefined, shownText(record));
          tell({ type: 'failed', error: error.with({ hint }), about });
        }
        throw error;
      }
      return undefined;
    },
    finish: (reason) => ledger.close(keepsEmpty && reason === undefined),
    abandon: () => ledger.close().catch(() => undefined),
  };
}

/**
 * Writes each answer to its own file.
 *
 * @param isKept whether another file keeps the answer too, so that the next run finds it there.
 */
export function sidecarWriter(
  sidecars: Sidecars,
  isKept: boolean,
  tell: Tell<'sidecarKept'>,
): ResultWriter {
  return {
    async add(outcome) {
      if (outcome.error !== undefined || outcome.sidecar === undefined) return undefined;
      if (!('image' in outcome.record)) return undefined;
      try {
        const { record, sidecar } = outcome;
        if (await sidecars.write(sidecar, record)) return undefined;
        const answer = isKept ? undefined : shownText(record).trim();
        tell({ type: 'sidecarKept', path: sidecar, answer });
        return undefined;
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        return error.with({
          hint: isKept ? error.hint : withAnswer(error.hint, shownText(outcome.record)),
          ...(isDiskFailure(error.cause) && { reason: 'disk' }),
        });
      }
    },
    finish: async () => {},
    abandon: async () => {},
  };
}

/** Adds the answer to the hint: it was paid for, and is nowhere else. */
function withAnswer(hint: string | undefined, text: string): string {
  const answer = `The answer is: ${text.trim()}`;
  return hint === undefined ? answer : `${hint}\n${answer}`;
}

/** The file descriptor of stdout. */
const STDOUT = 1;

/** Whether results go to stdout, perhaps by the name of a file. */
export async function isStdout(output: string | undefined): Promise<boolean> {
  return output === undefined || output === '-' || (await descriptorOf(output)) === STDOUT;
}

/**
 * @param untouchable files that must not be replaced.
 * @param admission what may be done with an older file.
 * @param done the word for a picture that has its answer.
 */
export async function openSink(
  output: string,
  untouchable: Untouchable,
  { isForeign, keeping }: Admission,
  done: string,
  tell: Tell<'unlocked' | 'outputLeft' | 'outputSetAside'>,
): Promise<Sink> {
  const file = await openOutputFile(output, untouchable, tell);
  let empty = true;
  return {
    live: false,
    async write(text, ending) {
      if (text !== '') empty = false;
      await file.write(text, ending);
    },
    async close(kept, isReport) {
      const keepsOld = kept === 0 && file.replaces && (!isReport || isForeign);
      // An answer may be empty.
      const isNothing = empty && kept === 0;
      if (keepsOld || isNothing) await file.discard();
      else {
        const aside = await file.commit(await keeping(kept));
        if (isForeign && aside) tell({ type: 'outputSetAside', path: output, aside });
      }
      if (keepsOld && !empty) tell({ type: 'outputLeft', path: output, done });
    },
    discard: () => file.discard(),
    keep: () => file.keep(),
    unwritten: () => file.unwritten(),
  };
}

/**
 * `--failed`: the names of the pictures that failed, ready for `--files-from`. The file is written
 * even if none failed, so that it never lists those of an earlier run. If it is also the list that
 * is read, and the run ends early before it has tried all names, it stays as it is.
 *
 * @param overwrite whether a file that is not such a list may be replaced.
 * @param reserved other files that the run reads or writes.
 */
export async function openFailedList(
  path: string,
  { images, filesFrom, nulSeparated }: FindInputs,
  overwrite: boolean,
  reserved: ReservedFiles,
  { tell }: Pick<CommandContext, 'tell'>,
): Promise<ResultWriter> {
  const isReadList = filesFrom !== undefined && resolve(filesFrom) === resolve(path);
  const separator = nulSeparated ? '\0' : '\n';
  const named = new Set(images);
  const others = isReadList ? reserved.without(path) : reserved;
  const { isForeign, keeping } = await admit(path, others, overwrite || isReadList, {
    answersIn: (file) => namesIn(file, separator, named),
    what: 'a list of pictures',
    flag: '--failed',
  });
  await sparePictures(path, '--failed');
  const file = await openOutputFile(path, others, tell);
  let listed = 0;
  const write = async (name: string) => {
    if (name.includes(separator)) {
      tell({ type: 'nameUnlisted', name, path });
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
        const aside = await file.commit(await keeping(listed));
        if (isForeign && aside) tell({ type: 'outputSetAside', path, aside });
      } catch (error) {
        const kept = await file.keep();
        if (!(error instanceof GeminiImageError) || kept === undefined) throw error;
        throw error.with({ hint: `What failed is listed in ${kept}.` });
      }
    },
    async abandon() {
      const kept = listed > 0 && !isReadList ? await file.keep() : await file.discard();
      if (kept) tell({ type: 'failedListKept', path: kept });
    },
  };
}

const ADDRESS = /^https?:\/\//i;

/**
 * How many names a list has. Undefined if it is not a list: one of its lines is not an address, not
 * an existing file, has no picture's ending and was not named to this run.
 */
async function namesIn(
  path: string,
  separator: string,
  named: ReadonlySet<string>,
): Promise<number | undefined> {
  const isName = (line: string) =>
    ADDRESS.test(line) ||
    isPictureName(line.replace(/#\d+$/, '')) ||
    named.has(line) ||
    existsSync(line);
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
