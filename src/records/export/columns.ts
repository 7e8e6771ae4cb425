import { usageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import type { LedgerRows } from '../rows/ledger-rows.js';
import type { PictureRow } from '../rows/picture-row.js';
import { boxesIn } from './boxes.js';
import { BOOLEANS, FACTS, type FactName, FRACTIONS, isFact, NUMBERS } from './row-values.js';

/** What the values of a column are. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'texts' | 'numbers' | 'mixed';

export interface Column {
  name: string;
  type: ColumnType;
  /** The value in a row, as JSON has it; undefined if there is none. */
  of(row: PictureRow): unknown;
  /** The list that this column is about, if there is one: its rows can be its entries. */
  list: List | undefined;
}

export interface List {
  name: string;
  /** Its entries in a row. */
  of(row: PictureRow): readonly unknown[];
  /** The columns that an entry has, and their values in it. */
  columns: readonly { name: string; type: ColumnType; of(entry: unknown): unknown }[];
}

/** More than that is no table any more, and few programs open it. */
const MOST_COLUMNS = 2000;

/**
 * Which columns there can be: facts, answers, and the fields of answers that are objects. A value in an
 * object has the names on the way to it, as in `items.0.name`.
 */
export class Columns {
  readonly #byName = new Map<string, Column>();
  readonly #answers: Column[] = [];
  readonly #fields: Column[] = [];
  readonly #fieldNames: string[] = [];
  readonly #labels = new Set<string>();
  readonly #hasFailures: boolean;
  readonly #hasReviews: boolean;

  private constructor(rows: LedgerRows) {
    this.#hasFailures = rows.failed > 0;
    this.#hasReviews = rows.hasReviews;
    for (const name of factNames()) {
      this.#byName.set(name, { name, type: typeOfFact(name), of: FACTS[name], list: undefined });
    }
  }

  /**
   * Finds the columns of a ledger. If its answers have fields, their rows are read for that.
   *
   * @param chosen whether a row counts.
   */
  static async of(
    rows: LedgerRows,
    chosen: (row: PictureRow) => PictureRow | undefined,
    signal?: AbortSignal,
  ): Promise<Columns> {
    const columns = new Columns(rows);
    if (rows.isPlain) {
      for (const name of rows.names) columns.#addAnswer(name, undefined);
      return columns;
    }
    const answers = new Shapes();
    const fields = new Shapes();
    for await (const batch of rows.batches(signal)) {
      for (const row of batch) {
        const counts = chosen(row);
        if (counts?.status !== 'ok') continue;
        for (const [name, { value }] of counts.answers) answers.see(name, value);
        for (const [name, { value }] of counts.fields) fields.see(name, value);
        for (const { label } of boxesIn(counts)) columns.#labels.add(label);
      }
    }
    for (const name of rows.names) columns.#addAnswer(name, answers.of(name));
    for (const [name, shape] of fields.all()) columns.#addField(name, shape);
    return columns;
  }

  /** All names, for messages. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** The columns of answers and fields. */
  answers(): Column[] {
    return [...this.#answers, ...this.#fields];
  }

  /** The columns of answers that are texts or lists of texts. */
  texts(): Column[] {
    return this.#answers.filter(({ type }) => type === 'text' || type === 'texts');
  }

  /** The names of fields, without what lies in them. */
  fieldNames(): string[] {
    return this.#fieldNames;
  }

  /** The labels of all boxes, in the order in which they were first found. */
  labels(): string[] {
    return [...this.#labels];
  }

  /** The columns of a table, if none are named. */
  usual(): Column[] {
    const review: FactName[] = this.#hasReviews ? ['edited', 'reviewed'] : [];
    const failure: FactName[] = this.#hasFailures ? ['errorKind', 'errorMessage'] : [];
    const facts: FactName[] = ['model', 'mimeType', 'width', 'height', 'sha256', 'costUsd'];
    return [
      ...this.named(['image', 'status']),
      ...this.answers(),
      ...this.named([...review, ...facts, ...failure]),
    ];
  }

  /**
   * The columns of these names; the name of an object or a list of objects stands for all in it.
   *
   * @throws GeminiImageError of kind `usage` if there is no such column.
   */
  named(names: readonly string[]): Column[] {
    return names.flatMap((name) => {
      const known = this.#byName.get(name);
      if (known) return [known];
      const below = this.answers().filter((column) => column.name.startsWith(`${name}.`));
      if (below.length > 0) return below;
      throw unknownColumn(name, this.names());
    });
  }

  #addAnswer(name: string, shape: Shape | undefined): void {
    const isTaken = name !== 'text' && isFact(name);
    const of = (row: PictureRow) =>
      row.status === 'ok' ? row.answers.get(name)?.value : undefined;
    this.#add(this.#answers, isTaken ? `answers.${name}` : name, shape, of);
  }

  #addField(name: string, shape: Shape): void {
    this.#fieldNames.push(name);
    const of = (row: PictureRow) => (row.status === 'ok' ? row.fields.get(name)?.value : undefined);
    this.#add(this.#fields, this.#byName.has(name) ? `data.${name}` : name, shape, of);
  }

  #add(to: Column[], name: string, shape: Shape | undefined, of: Column['of']): void {
    const added = shape ? columnsOf(name, shape, of) : [plainColumn(name, of)];
    for (const column of added) {
      to.push(column);
      this.#byName.set(column.name, column);
    }
  }
}

function unknownColumn(name: string, names: readonly string[]) {
  return usageError(
    `there is no column ${name || '""'} in this ledger`,
    `Its columns: ${names.length > 60 ? `${names.slice(0, 60).join(', ')} …` : names.join(', ')}.`,
  );
}

/** @throws GeminiImageError of kind `usage` if there are too many for a table. */
export function expectFew(columns: readonly unknown[]): void {
  if (columns.length <= MOST_COLUMNS) return;
  throw usageError(
    `the table would have ${columns.length} columns`,
    'Give --rows items for a row of each entry of a list, or name the columns you want with --columns.',
  );
}

function factNames(): FactName[] {
  return Object.keys(FACTS).filter(isFact);
}

function typeOfFact(name: string): ColumnType {
  if (NUMBERS.has(name)) return 'integer';
  if (FRACTIONS.has(name)) return 'number';
  return BOOLEANS.has(name) ? 'boolean' : 'text';
}

function plainColumn(name: string, of: Column['of']): Column {
  return { name, type: 'text', of, list: undefined };
}

/** What has been seen of one value in all rows. */
interface Shape {
  /** What it was where it was no object. */
  types: Set<ColumnType>;
  /** Its parts by their names, or by their numbers in a list of objects. */
  parts: Shapes;
  /** What the entries of a list have in common; undefined if it was never a list. */
  entry: Shape | undefined;
}

class Shapes {
  readonly #byName = new Map<string, Shape>();

  all(): [string, Shape][] {
    return [...this.#byName];
  }

  of(name: string): Shape {
    const known = this.#byName.get(name) ?? newShape();
    this.#byName.set(name, known);
    return known;
  }

  see(name: string, value: unknown): void {
    see(this.of(name), value);
  }
}

function newShape(): Shape {
  return { types: new Set(), parts: new Shapes(), entry: undefined };
}

function see(shape: Shape, value: unknown): void {
  if (value === null || value === undefined) return;
  if (isObject(value)) {
    for (const [name, part] of Object.entries(value)) shape.parts.see(name, part);
    return;
  }
  if (!Array.isArray(value)) {
    shape.types.add(typeOf(value));
    return;
  }
  shape.entry ??= newShape();
  for (const entry of value) see(shape.entry, entry);
  if (!value.some((entry) => typeof entry === 'object' && entry !== null)) {
    for (const entry of value) shape.types.add(listTypeOf(entry));
    return;
  }
  for (const [index, entry] of value.entries()) shape.parts.see(`${index}`, entry);
}

function typeOf(value: unknown): ColumnType {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  return Number.isSafeInteger(value) ? 'integer' : 'number';
}

function listTypeOf(entry: unknown): ColumnType {
  if (typeof entry === 'string') return 'texts';
  return typeof entry === 'number' ? 'numbers' : 'mixed';
}

function joinedType(types: ReadonlySet<ColumnType>): ColumnType {
  const [only, ...others] = types;
  if (only === undefined) return 'text';
  if (others.length === 0) return only;
  const areNumbers = [...types].every((type) => type === 'integer' || type === 'number');
  return areNumbers ? 'number' : 'mixed';
}

/** The columns of a value: one, or those of its parts. */
function columnsOf(name: string, shape: Shape, of: Column['of']): Column[] {
  const { entry } = shape;
  const list: List | undefined = entry && {
    name,
    of(row) {
      const value = of(row);
      return Array.isArray(value) ? value : [];
    },
    columns: entryColumns(name, entry, (value) => value),
  };
  return leaves(name, shape, (value) => value).map((leaf) => ({
    ...{ name: leaf.name, type: leaf.type, list },
    of: (row) => leaf.of(of(row)),
  }));
}

function entryColumns(name: string, entry: Shape, of: (value: unknown) => unknown) {
  const columns = leaves(name, entry, of);
  return columns.length > 0 ? columns : [{ name, type: 'text' as const, of }];
}

type Leaf = List['columns'][number];

function leaves(name: string, { types, parts }: Shape, of: (value: unknown) => unknown): Leaf[] {
  const below = parts.all();
  // Numbers of entries come in the order in which they were first seen, which is their own.
  const inParts = below.flatMap(([part, shape]) =>
    leaves(`${name}.${part}`, shape, (value) => partOf(of(value), part)),
  );
  if (types.size === 0 && inParts.length > 0) return inParts;
  const itself = (value: unknown) => {
    const own = of(value);
    // An object, or a list of them, has its columns below.
    return inParts.length > 0 && !isScalar(own) ? undefined : own;
  };
  return [{ name, type: joinedType(types), of: itself }, ...inParts];
}

function isScalar(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((one) => typeof one !== 'object' || one === null);
  return typeof value !== 'object' || value === null;
}

function partOf(value: unknown, part: string): unknown {
  if (Array.isArray(value)) return value[Number(part)];
  return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}
