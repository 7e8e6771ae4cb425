import { isObject } from '../domain/json.js';
import type { CaptionRecord } from '../domain/record.js';
import { csvFormat, isColumn, type MoreColumns, tsvFormat } from './csv.js';
import { silent } from './formats.js';
import { cellOf } from './table-lines.js';

type Schema = Readonly<Record<string, unknown>>;

/** Deeper than any answer; a schema may contain itself. */
const DEEPEST = 12;

/**
 * The formats of answers that are JSON objects: a table has a column for each of their fields, as in
 * `total` and `items.0.name`. How many entries a list of objects has is known at the end only, so that
 * such a table is written then.
 */
export function fieldFormats(schema: Schema, delimiter?: string) {
  const tree = treeOf(schema, schema, DEEPEST);
  const fixed = hasOpenList(tree) ? undefined : moreColumns(columnsOf(tree, new Map()));
  const csv = csvFormat(fixed, delimiter);
  const tsv = tsvFormat(fixed);
  if (fixed) return { csv, tsv };
  return {
    csv: { ...csv, create: () => heldBack(tree, (more) => csvFormat(more, delimiter).create()) },
    tsv: { ...tsv, create: () => heldBack(tree, (more) => tsvFormat(more).create()) },
  };
}

/** Holds records back until it is known which columns they need. */
function heldBack(
  tree: Tree,
  create: (more: MoreColumns) => ReturnType<ReturnType<typeof csvFormat>['create']>,
) {
  const records: CaptionRecord[] = [];
  const counts = new Map<string, number>();
  return {
    ...silent,
    record(record: CaptionRecord) {
      records.push(record);
      if (record.status === 'ok') count(tree, record.data, '', counts);
      return '';
    },
    end() {
      const table = create(moreColumns(columnsOf(tree, counts)));
      return [...records.splice(0).map((record) => table.record(record)), table.end()].join('');
    },
  };
}

/** What a schema says of a value: it has fields, or entries that have, or it is one cell. */
interface Tree {
  fields?: ReadonlyMap<string, Tree>;
  entry?: Tree;
}

function treeOf(schema: unknown, root: Schema, depth: number): Tree {
  const known = resolved(schema, root);
  if (known === undefined || depth === 0) return {};
  if (isObject(known.properties)) {
    const fields = Object.entries(known.properties).map(
      ([name, field]) => [name, treeOf(field, root, depth - 1)] as const,
    );
    return { fields: new Map(fields) };
  }
  const entry = known.items === undefined ? {} : treeOf(known.items, root, depth - 1);
  // Entries without fields are joined into one cell.
  return entry.fields || entry.entry ? { entry } : {};
}

/** The schema behind a reference, or the one beside null. */
function resolved(schema: unknown, root: Schema): Schema | undefined {
  if (!isObject(schema)) return undefined;
  const { $ref: reference, anyOf } = schema;
  if (typeof reference === 'string') {
    const [, group = '', name = ''] = /^#\/(\$defs|definitions)\/(.+)$/.exec(reference) ?? [];
    const definitions = root[group];
    const found = isObject(definitions) ? definitions[name] : undefined;
    return isObject(found) && found.$ref === undefined ? found : undefined;
  }
  if (!Array.isArray(anyOf)) return schema;
  const others = anyOf.filter((one) => isObject(one) && one.type !== 'null');
  return others.length === 1 ? resolved(others[0], root) : undefined;
}

function hasOpenList({ fields, entry }: Tree): boolean {
  return entry !== undefined || [...(fields?.values() ?? [])].some(hasOpenList);
}

/** Notes how many entries each list has at most. */
function count(tree: Tree, value: unknown, name: string, counts: Map<string, number>): void {
  if (tree.entry && Array.isArray(value)) {
    counts.set(name, Math.max(counts.get(name) ?? 0, value.length));
    for (const [index, entry] of value.entries()) {
      count(tree.entry, entry, joined(name, `${index}`), counts);
    }
  }
  if (!tree.fields || !isObject(value)) return;
  for (const [field, below] of tree.fields) {
    count(below, value[field], joined(name, field), counts);
  }
}

function joined(name: string, part: string): string {
  return name === '' ? part : `${name}.${part}`;
}

interface FieldColumn {
  name: string;
  path: readonly string[];
}

function columnsOf(
  { fields, entry }: Tree,
  counts: ReadonlyMap<string, number>,
  path: readonly string[] = [],
): FieldColumn[] {
  const name = path.join('.');
  if (fields) {
    return [...fields].flatMap(([field, below]) => columnsOf(below, counts, [...path, field]));
  }
  if (entry) {
    const length = counts.get(name) ?? 0;
    return Array.from({ length }, (_, index) => `${index}`).flatMap((index) =>
      columnsOf(entry, counts, [...path, index]),
    );
  }
  return path.length === 0 ? [] : [{ name, path }];
}

function moreColumns(columns: readonly FieldColumn[]): MoreColumns {
  return {
    names: columns.map(({ name }) => (isColumn(name) ? `data.${name}` : name)),
    cells: ({ data }) => columns.map(({ path }) => cellOf(path.reduce(partOf, data))),
  };
}

function partOf(value: unknown, part: string): unknown {
  if (Array.isArray(value)) return value[Number(part)];
  return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}
