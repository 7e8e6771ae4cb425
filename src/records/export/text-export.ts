import { type Admission, admit } from '../../run/admission.js';
import { stdoutSink } from '../../run/printing.js';
import { spareLedger, sparePictures } from '../../run/spared-files.js';
import { isStdout, openSink } from '../../run/writers.js';
import { isPlainFile } from '../../storage/output-file.js';
import { outputTarget } from '../../storage/output-target.js';
import type { PictureRow } from '../rows/picture-row.js';
import type { Exporter, ExportPlan } from './export-format.js';

/** An export that is one text. */
export interface ExportText {
  begin(): string;
  /** The text of some rows, and how many are in it; the plan is told of others. */
  rows(rows: readonly PictureRow[]): { text: string; count: number };
  end(): string | AsyncIterable<string>;
  /** Whether a file is an export of this kind; undefined if nobody can tell. */
  isOwn?: ((path: string) => Promise<boolean>) | undefined;
  /** What such a file is, with its article. */
  what?: string | undefined;
}

/**
 * Writes a text to stdout, or to a file that appears whole. A file that is there is replaced only if
 * it is an earlier export, which is kept under another name.
 *
 * @param create is told whether it goes to a file.
 * @throws GeminiImageError of kind `usage`.
 */
export async function openTextExport(
  plan: ExportPlan,
  create: (isFile: boolean) => ExportText,
): Promise<Exporter> {
  const { options, print, tell } = plan;
  const { output, ledger } = options;
  const isFile = output !== undefined && output !== '-' && (await isPlainFile(output));
  const text = create(isFile);
  const sink =
    output === undefined || (await isStdout(output))
      ? stdoutSink({ isTerminal: false, write: print })
      : await openFile(output);
  let isBegun = false;
  let count = 0;
  const begin = () => {
    const head = isBegun ? '' : text.begin();
    isBegun = true;
    return head;
  };
  return {
    async add(rows) {
      const added = text.rows(rows);
      count += added.count;
      if (added.count > 0) await sink.write(begin() + added.text);
    },
    async finish() {
      try {
        await sink.write(begin());
        const end = text.end();
        if (typeof end === 'string') await sink.write(end);
        else for await (const piece of end) await sink.write(piece);
        // An export of no picture is one, too: a header, or an empty list.
        await sink.close(count, true);
      } catch (error) {
        await sink.discard();
        throw error;
      }
    },
    abandon: () => sink.discard(),
  };
  async function openFile(path: string) {
    const admission = await admitted(plan, path, text);
    return openSink(path, [ledger], admission, 'exported', tell);
  }
}

/** How an earlier export is recognised. */
type Own = Pick<ExportText, 'isOwn' | 'what'>;

/**
 * Checks that an export may go to a file.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function admitted(
  { options: { ledger, overwrite } }: ExportPlan,
  path: string,
  { isOwn, what }: Own,
): Promise<Admission> {
  const untouchable = [ledger];
  if (await isPlainFile(path)) {
    await outputTarget(path, untouchable);
    await spareLedger(path);
    await sparePictures(path, '-o');
  }
  return admit(path, untouchable, overwrite, {
    answersIn: async (file) => ((await isOwn?.(file)) === true ? 0 : undefined),
    what,
    flag: '-o',
  });
}

/** Rows whose texts follow each other. */
export function eachRow(textOf: (row: PictureRow) => string | undefined): Pick<ExportText, 'rows'> {
  return {
    rows(rows) {
      const texts = rows.flatMap((row) => textOf(row) ?? []);
      return { text: texts.join(''), count: texts.length };
    },
  };
}
