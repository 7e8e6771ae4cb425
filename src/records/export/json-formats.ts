import { jsonMark, jsonValues } from '../../output/json-values.js';
import { answersInOwn } from '../../storage/own-output.js';
import type { PictureRow } from '../rows/picture-row.js';
import type { ExportFormat, ExportPlan } from './export-format.js';
import { relativeName } from './relative-name.js';
import { FACTS, type FactName, mainText } from './row-values.js';
import { tableOf } from './table.js';
import { eachRow, openTextExport } from './text-export.js';

export const json: ExportFormat = {
  what: 'an array of objects with all that is known',
  options: ['columns', 'items', 'base'],
  to: 'stdout',
  hasFailures: true,
  open: (plan) =>
    openTextExport(plan, () => {
      const { columns: names, isByItems } = plan.options;
      const { value, end } = jsonValues(true);
      const objectsOf =
        names || isByItems ? objectsOfTable(plan) : (row: PictureRow) => [wholeOf(plan, row)];
      return {
        begin: () => '',
        end,
        ...eachRow((row) => objectsOf(row).map(value).join('')),
        what: jsonMark.what,
        isOwn: async (path) => (await answersInOwn(path, jsonMark)) !== undefined,
      };
    }),
};

/** An object for each line of the table, with all of its columns. */
function objectsOfTable(plan: ExportPlan): (row: PictureRow) => object[] {
  const { columns, linesOf } = tableOf(plan);
  return (row) =>
    linesOf(row).map((values) =>
      Object.fromEntries(columns.map(({ name }, index) => [name, values[index] ?? null])),
    );
}

/** A row in the shape of a record: its answers joined, its costs added up. */
export function wholeOf({ options: { base } }: ExportPlan, row: PictureRow): object {
  const rename = (image: string) => (base === undefined ? image : relativeName(image, base));
  if (row.status === 'failed') {
    const [picture, ...others] = row.pictures;
    const { error } = row.record;
    const about =
      others.length === 0
        ? { image: rename(picture?.image ?? '') }
        : { images: row.pictures.map(({ image }) => ({ image: rename(image) })) };
    return { ...about, status: 'failed', error };
  }
  const { answers, fields, newest, records } = row;
  const facts = (...names: FactName[]) =>
    Object.fromEntries(names.map((name) => [name, FACTS[name](row)]));
  const named = row.pictures.map(({ image, mimeType, width, height, ...picture }) => ({
    ...{ image: rename(image), mimeType, width, height, orientation: picture.orientation },
    ...{ pages: picture.pages, size: picture.size, mtime: picture.mtime },
    ...{ sha256: picture.sha256, pictureSha256: picture.pictureSha256 },
  }));
  const [picture, ...others] = named;
  const { image, ...about } = picture ?? { image: '' };
  const values = <Value>(some: ReadonlyMap<string, { value: Value }>) =>
    Object.fromEntries([...some].map(([name, { value }]) => [name, value]));
  return {
    ...(others.length === 0 ? { image } : { images: named }),
    status: 'ok',
    text: mainText(row),
    ...(answers.size > 0 && { answers: values(answers) }),
    ...(fields.size > 0 && { data: values(fields) }),
    ...{ model: newest.model, finishReason: newest.finishReason },
    ...(others.length === 0 && about),
    ...(records.some(({ usage }) => usage) && {
      usage: facts('inputTokens', 'outputTokens', 'thoughtTokens', 'cachedTokens'),
    }),
    ...facts('costUsd', 'edited', 'reviewed', 'by', 'at'),
  };
}
