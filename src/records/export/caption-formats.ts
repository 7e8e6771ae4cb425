import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { jsonLine } from '../../domain/json.js';
import { oneColumn } from '../../output/safe-text.js';
import type { PictureRow } from '../rows/picture-row.js';
import { boxesIn } from './boxes.js';
import { captionNames, captionsIn } from './captions.js';
import type { ExportFormat, ExportPlan } from './export-format.js';
import { holdsOnlyKnown } from './own-lines.js';
import { NO_CAPTION, NO_FILE, outsideOf, TOGETHER } from './reasons.js';
import { nameInside, relativeName } from './relative-name.js';
import { imageOf } from './row-values.js';
import { eachRow, openTextExport } from './text-export.js';

export const text: ExportFormat = {
  what: 'lines of name and answer',
  options: ['columns', 'base', 'caption'],
  to: 'stdout',
  open: (plan) =>
    openTextExport(plan, () => {
      const { base } = plan.options;
      const captionsOf = captionsIn(plan);
      const isNamed = captionNames(plan).length > 1;
      const linesOf = (row: PictureRow): string | undefined => {
        const captions = row.status === 'ok' ? captionsOf(row) : [];
        if (captions.length === 0) {
          plan.leaveOut(imageOf(row), NO_CAPTION);
          return undefined;
        }
        const names = row.pictures.map(({ image }) =>
          base === undefined ? image : relativeName(image, base),
        );
        return captions
          .map(({ name, text }) => [oneColumn(names.join(' ')), ...(isNamed ? [name] : []), text])
          .map((columns) => `${columns.join('\t')}\n`)
          .join('');
      };
      return { begin: () => '', end: () => '', ...eachRow(linesOf) };
    }),
};

/**
 * The name of a row's picture as seen from a folder that it has to lie in. The plan is told if it does
 * not, if there are several pictures, or if the file is not there any more.
 */
export function nameInDataset(
  plan: ExportPlan,
  row: PictureRow,
  folder: string,
): string | undefined {
  const image = imageOf(row);
  if (row.pictures.length > 1) {
    plan.leaveOut(image, TOGETHER);
    return undefined;
  }
  const name = nameInside(image, folder);
  if (name === undefined) plan.leaveOut(image, outsideOf(folder));
  else if (statSync(image, { throwIfNoEntry: false })?.isFile() !== true) {
    plan.leaveOut(image, NO_FILE);
    return undefined;
  }
  return name;
}

export const metadataJsonl: ExportFormat = {
  what: "metadata.jsonl for Hugging Face's imagefolder",
  options: ['columns', 'base', 'caption'],
  to: 'stdout',
  open: (plan) =>
    openTextExport(plan, () => {
      const { output, base } = plan.options;
      // The dataset's library looks for the pictures from the folder of this file.
      const folder = base ?? (output === undefined || output === '-' ? '.' : dirname(output));
      const valuesOf = metadataOf(plan);
      return {
        begin: () => '',
        end: () => '',
        ...eachRow((row) => {
          const name = nameInDataset(plan, row, folder);
          return name === undefined ? undefined : jsonLine({ file_name: name, ...valuesOf(row) });
        }),
        what: 'an export of this ledger alone',
        isOwn: (path) => holdsOnlyKnown(plan, path, folder),
      };
    }),
};

/** The columns of a row in a dataset. Each row has all of them, as its readers want it. */
function metadataOf(plan: ExportPlan): (row: PictureRow) => Record<string, unknown> {
  const { columns, options, rows } = plan;
  const { prefix, suffix } = options;
  const wrapped = (value: unknown) =>
    typeof value === 'string' ? `${prefix}${value}${suffix}` : (value ?? null);
  if (options.columns) {
    const chosen = columns.named(options.columns);
    return (row) => Object.fromEntries(chosen.map(({ name, of }) => [name, wrapped(of(row))]));
  }
  const fieldNames = columns.fieldNames();
  const hasBoxes = columns.labels().length > 0;
  const others = fieldNames.filter((name) => !(hasBoxes && ['boxes', 'dropped'].includes(name)));
  return (row) => {
    if (row.status === 'failed') return {};
    const answers = rows.names.map((name) => [name, wrapped(row.answers.get(name)?.value)]);
    const taken = new Set(['file_name', ...rows.names]);
    const fields = others.map((name) => [
      taken.has(name) ? `data.${name}` : name,
      row.fields.get(name)?.value ?? null,
    ]);
    return {
      ...Object.fromEntries([...answers, ...fields]),
      ...(hasBoxes && { objects: objectsOf(row) }),
    };
  };
}

/** Boxes in the shape that datasets for object detection have. */
function objectsOf(row: PictureRow): object {
  const boxes = boxesIn(row);
  return {
    bbox: boxes.map(({ box: { x, y, width, height } }) => [x, y, width, height]),
    categories: boxes.map(({ label }) => label),
  };
}
