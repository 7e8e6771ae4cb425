import { usageError } from '../../domain/error.js';
import type { PictureRow } from '../rows/picture-row.js';
import { type Column, type ColumnType, expectFew, type List } from './columns.js';
import type { ExportPlan } from './export-format.js';
import { relativeName } from './relative-name.js';

/** A table: its columns, and the lines of values that a row makes. */
export interface Table {
  columns: readonly { name: string; type: ColumnType }[];
  linesOf(row: PictureRow): unknown[][];
}

/**
 * The table that the options ask for: a line a row, or a line for each entry of a list.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function tableOf({ columns, options }: ExportPlan): Table {
  const { columns: names, isByItems, base } = options;
  const chosen = (names ? columns.named(names) : columns.usual()).map((column) =>
    column.name === 'image' ? withRelativeNames(column, base) : column,
  );
  if (isByItems) return tableByItems(chosen);
  expectFew(chosen);
  return {
    columns: chosen,
    linesOf: (row) => [chosen.map((column) => column.of(row))],
  };
}

function withRelativeNames(column: Column, base: string | undefined): Column {
  if (base === undefined) return column;
  return {
    ...column,
    of: ({ pictures }) => pictures.map(({ image }) => relativeName(image, base)).join('\n'),
  };
}

function tableByItems(chosen: readonly Column[]): Table {
  const lists = new Map<string, List>();
  for (const { list } of chosen) if (list) lists.set(list.name, list);
  const [list, ...others] = lists.values();
  if (list === undefined) {
    throw usageError(
      '--rows items makes a row of each entry of a list, and there is no list',
      'Leave it out, or name the column of a list with --columns.',
    );
  }
  if (others.length > 0) {
    const named = [...lists.keys()];
    throw usageError(
      `--rows items needs one list, and there are ${named.length}: ${named.join(', ')}`,
      `Name the columns you want with --columns, such as image,${list.name}.`,
    );
  }
  const before = chosen
    .slice(
      0,
      chosen.findIndex((column) => column.list),
    )
    .map(asLeaf);
  const after = chosen
    .filter((column) => !column.list)
    .slice(before.length)
    .map(asLeaf);
  const columns = [...before, ...list.columns, ...after];
  expectFew(columns);
  return {
    columns,
    linesOf(row) {
      const [first, last] = [before, after].map((some) => some.map((column) => column.of(row)));
      const entries = list.of(row);
      // A picture whose list is empty has a line, too.
      return (entries.length === 0 ? [undefined] : entries).map((entry) => [
        ...(first ?? []),
        ...list.columns.map((column) => column.of(entry)),
        ...(last ?? []),
      ]);
    },
  };
}

function asLeaf({ name, type, of }: Column) {
  return { name, type, of };
}
