import type { OwnMark } from '../../domain/own-mark.js';
import { cellOf, csvLines, type TableLines, tsvLines } from '../../output/table-lines.js';
import { answersInOwn } from '../../storage/own-output.js';
import type { ExportFormat, ExportPlan } from './export-format.js';
import { tableOf } from './table.js';
import { type ExportText, openTextExport } from './text-export.js';

/** Spreadsheets read a file without it in the machine's old character set. */
const BYTE_ORDER_MARK = '\uFEFF';

export const csv: ExportFormat = {
  what: 'a table for spreadsheets',
  options: ['columns', 'items', 'base', 'delimiter'],
  to: 'stdout',
  hasFailures: true,
  open: (plan) =>
    openTextExport(plan, (isFile) => {
      const { output = '', delimiter = ',' } = plan.options;
      const mark = isFile && output.toLowerCase().endsWith('.csv') ? BYTE_ORDER_MARK : '';
      return tableText(plan, csvLines(delimiter), { mark, delimiter, what: 'a CSV file' });
    }),
};

export const tsv: ExportFormat = {
  what: 'a table with tabs, a line a row',
  options: ['columns', 'items', 'base'],
  to: 'stdout',
  hasFailures: true,
  open: (plan) =>
    openTextExport(plan, () =>
      tableText(plan, tsvLines(), { mark: '', delimiter: '\t', what: 'a TSV file' }),
    ),
};

function tableText(
  plan: ExportPlan,
  lines: TableLines,
  { mark, delimiter, what }: { mark: string; delimiter: string; what: string },
): ExportText {
  const { columns, linesOf } = tableOf(plan);
  return {
    begin: () => mark + lines([columns.map(({ name }) => name)]),
    rows: (rows) => ({
      text: lines(rows.flatMap((row) => linesOf(row).map((values) => values.map(cellOf)))),
      count: rows.length,
    }),
    end: () => '',
    what: `${what} of gemini-image`,
    isOwn: async (path) => (await answersInOwn(path, ownTable(delimiter))) !== undefined,
  };
}

/** A table is recognised by its first two columns; with other columns it could be anybody's. */
function ownTable(delimiter: string): OwnMark {
  const sign = /[\\^$.*+?()[\]{}|]/.test(delimiter) ? `\\${delimiter}` : delimiter;
  return {
    what: 'a table of gemini-image',
    begins: new RegExp(`^image${sign}status(?:${sign}|\\r?\\n)`),
    answer: new RegExp(`${sign}ok(?:${sign}|\\r?$)`, 'gm'),
  };
}
