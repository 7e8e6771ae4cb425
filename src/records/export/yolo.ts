import { constants, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { BOX_SCALE, type LabelledBox } from '../../domain/box.js';
import { inFolder, openWholeFolder } from '../../storage/whole-folder.js';
import type { PictureRow } from '../rows/picture-row.js';
import { boxesIn, wasSearched } from './boxes.js';
import { nameInDataset } from './caption-formats.js';
import type { Exporter, ExportFormat, ExportPlan } from './export-format.js';
import { NOT_SEARCHED } from './reasons.js';
import { imageOf } from './row-values.js';
import { stemOf, TakenNames } from './taken-names.js';

export const yolo: ExportFormat = {
  what: 'a folder with pictures, labels and data.yaml, as Ultralytics reads it',
  options: ['base', 'naming'],
  to: 'folder',
  open: openYolo,
};

async function openYolo(plan: ExportPlan): Promise<Exporter> {
  const { output = '', overwrite, isFullName, base = '.' } = plan.options;
  const classes = new Map(plan.columns.labels().map((label, index) => [label, index]));
  const folder = await openWholeFolder(output, { overwrite, flag: '-o' });
  const taken = new TakenNames(plan, 'txt');
  const fail = inFolder(output, '-o');
  const write = async (row: PictureRow) => {
    if (!wasSearched(row)) {
      plan.leaveOut(imageOf(row), NOT_SEARCHED);
      return;
    }
    const name = nameInDataset(plan, row, base);
    if (name === undefined) return;
    // Labels are found by the name of the picture without its ending.
    const stem = isFullName ? name.replaceAll('.', '_') : stemOf(name);
    if (!taken.take(stem, imageOf(row))) return;
    const image = join(folder.path, 'images', `${stem}${extname(name)}`);
    const label = join(folder.path, 'labels', `${stem}.txt`);
    for (const path of [image, label]) await mkdir(dirname(path), { recursive: true });
    await copyFile(imageOf(row), image, constants.COPYFILE_FICLONE);
    const lines = boxesIn(row).map((box) => lineOf(classes.get(box.label) ?? 0, box));
    await writeFile(label, lines.join(''));
  };
  return {
    async add(rows) {
      for (const row of rows) await write(row).catch(fail);
    },
    async finish() {
      await writeFile(join(folder.path, 'data.yaml'), dataYaml([...classes.keys()])).catch(fail);
      await folder.commit();
    },
    abandon: () => folder.discard(),
  };
}

/** Number of the class, centre, width and height, as shares of the upright picture. */
function lineOf(number: number, { normalized: [top, left, bottom, right] }: LabelledBox): string {
  const numbers = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top];
  return `${[number, ...numbers.map((one) => Number((one / BOX_SCALE).toFixed(6)))].join(' ')}\n`;
}

/** Without a `path`, its folders are looked for beside it. JSON's strings are YAML's, too. */
function dataYaml(labels: readonly string[]): string {
  const names = labels.map((label, number) => `  ${number}: ${JSON.stringify(label)}\n`);
  const list = names.length === 0 ? 'names: {}\n' : `names:\n${names.join('')}`;
  return `train: images\nval: images\n${list}`;
}
