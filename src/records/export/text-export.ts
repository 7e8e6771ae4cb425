import { admit } from '../../run/admission.js';
import { spareLedger, sparePictures } from '../../run/spared-files.js';
import { isStdout, openSink, stdoutSink } from '../../run/writers.js';
import { isPlainFile } from '../../storage/output-file.js';
import { outputTarget } from '../../storage/output-target.js';
import type { PictureRow } from '../rows/picture-row.js';
import type { Exporter, ExportPlan } from './export-format.js';

/** An export that is one text. */
export interface ExportText {
  begin(): string;
  /** The text of some rows, and how many are in it; the plan is told of others. */
  rows(rows: readonly PictureRow[]): { text: string; count: number };
  end(): string;
  /** Whether a file is an export of this kind; undefined if nobody can tell. */
  isOwn?: ((path: string) => Promise<boolean>) | undefined;
  /** What such a file is, with its article. */
  what?: string;
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
  const { output, ledger, overwrite } = options;
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
        await sink.write(begin() + text.end());
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
    const untouchable = [ledger];
    if (isFile) {
      await outputTarget(path, untouchable);
      await spareLedger(path, () => false);
      await sparePictures(path, '-o');
    }
    const { isOwn } = text;
    const admission = await admit(path, untouchable, overwrite, {
      answersIn: async (file) => ((await isOwn?.(file)) === true ? 0 : undefined),
      what: text.what,
      flag: '-o',
    });
    return openSink(path, untouchable, admission, 'exported', tell);
  }
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
