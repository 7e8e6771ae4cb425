import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareFolder, writeSidecar } from '../../storage/sidecar-file.js';
import type { AnsweredRow, PictureRow } from '../rows/picture-row.js';
import { nameInDataset } from './caption-formats.js';
import { captionsIn } from './captions.js';
import type { Exporter, ExportFormat, ExportPlan } from './export-format.js';
import { knownTexts } from './own-lines.js';
import { NO_CAPTION, outsideOf, TOGETHER } from './reasons.js';
import { nameInside } from './relative-name.js';
import { imageOf } from './row-values.js';
import { stemOf, TakenNames } from './taken-names.js';

/** How many files are written at once: each waits for the disk. */
const AT_ONCE = 16;

const OTHER_PLACE = 'Make room, or name another folder with -o; then start again.';

export const sidecar: ExportFormat = {
  what: 'a text beside each picture, or in a folder, as kohya and others read it',
  options: ['columns', 'base', 'caption', 'naming'],
  to: 'pictures',
  open: openSidecars,
};

async function openSidecars(plan: ExportPlan): Promise<Exporter> {
  const { output, isFullName, base = '.' } = plan.options;
  if (output !== undefined) await prepareFolder(output);
  const captionsOf = captionsIn(plan);
  const taken = new TakenNames(plan, 'txt');
  const placeOf = (row: PictureRow): string | undefined => {
    const name = output === undefined ? nameInDataset(plan, row, base) : nameBelow(plan, row, base);
    if (name === undefined) return undefined;
    const image = output === undefined ? imageOf(row) : join(output, name);
    return `${isFullName ? image : stemOf(image)}.txt`;
  };
  const write = async (row: PictureRow) => {
    if (row.status === 'failed') return;
    const captions = captionsOf(row);
    if (captions.length === 0) {
      plan.leaveOut(imageOf(row), NO_CAPTION);
      return;
    }
    const path = placeOf(row);
    if (path === undefined || !taken.take(path, imageOf(row))) return;
    await writeText(plan, row, path, captions.map(({ text }) => `${text}\n`).join(''));
  };
  return {
    async add(rows) {
      for (let start = 0; start < rows.length; start += AT_ONCE) {
        await Promise.all(rows.slice(start, start + AT_ONCE).map(write));
      }
    },
    finish: async () => {},
    abandon: async () => {},
  };
}

function nameBelow(plan: ExportPlan, row: PictureRow, base: string): string | undefined {
  const name = row.pictures.length > 1 ? undefined : nameInside(imageOf(row), base);
  if (name === undefined) {
    plan.leaveOut(imageOf(row), row.pictures.length > 1 ? TOGETHER : outsideOf(base));
  }
  return name;
}

async function writeText(
  plan: ExportPlan,
  row: AnsweredRow,
  path: string,
  text: string,
): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  const isEmpty = there === undefined || (there.isFile() && there.size === 0);
  if (!isEmpty) {
    const before = there.isFile() ? await readFile(path, 'utf8').catch(() => undefined) : undefined;
    if (before === text) return;
    const isKnown = before !== undefined && holdsAnswers(plan, row, before);
    if (!isKnown && !plan.options.overwrite) {
      plan.leaveOut(imageOf(row), FOREIGN);
      return;
    }
    const existing = isKnown ? 'none' : 'numbered';
    await writeSidecar(path, text, { existing, hint: OTHER_PLACE });
    return;
  }
  const makesFolders = plan.options.output !== undefined;
  const written = await writeSidecar(path, text, {
    ...{ existing: 'stays', makesFolders, hint: OTHER_PLACE },
  });
  if (!written.isWritten) plan.leaveOut(imageOf(row), FOREIGN);
}

const FOREIGN = {
  one: 'has a text already that is not in the ledger (--overwrite replaces it, and keeps it with a ~)',
  many: 'have a text already that is not in the ledger (--overwrite replaces them, and keeps them with a ~)',
  kind: 'usage',
} as const;

/** Whether a text has only lines that the ledger has about this picture, of today or replaced since. */
function holdsAnswers({ rows, options }: ExportPlan, row: AnsweredRow, text: string): boolean {
  const known = knownTexts([...row.records, ...rows.replacedAt(row.position)], options);
  return (
    known.has(text.trim()) ||
    text
      .trimEnd()
      .split('\n')
      .every((line) => known.has(line))
  );
}
