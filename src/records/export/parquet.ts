import { open } from 'node:fs/promises';
import type { SchemaElement } from 'hyparquet-writer';
import { version } from '../../domain/version.js';
import { openOutputFile } from '../../storage/output-file.js';
import type { ColumnType } from './columns.js';
import type { Exporter, ExportFormat, ExportPlan } from './export-format.js';
import { tableOf } from './table.js';
import { admitted } from './text-export.js';

/** In rows. Readers skip groups as a whole, and one is in memory at a time. */
const GROUP = 10_000;

const CREATED_BY = 'gemini-image version';

export const parquet: ExportFormat = {
  what: 'a table with types, for pyarrow, pandas and DuckDB',
  options: ['columns', 'items', 'base'],
  to: 'file',
  hasFailures: true,
  open: openParquet,
};

async function openParquet(plan: ExportPlan): Promise<Exporter> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const { output = '', ledger } = plan.options;
  const { columns, linesOf } = tableOf(plan);
  const admission = await admitted(plan, output, {
    what: 'a Parquet file of gemini-image',
    isOwn: isOwnParquet,
  });
  const file = await openOutputFile(output, [ledger], plan.tell);
  const writer = new ByteWriter();
  const table = new ParquetWriter({
    writer,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.flatMap(({ name, type }) => schemaOf(name, type)),
    ],
    createdBy: `${CREATED_BY} ${version}`,
  });
  let data: unknown[][] = columns.map(() => []);
  let count = 0;
  const flush = async () => {
    await file.writeBytes(writer.getBytes());
    writer.index = 0;
  };
  const writeGroup = async () => {
    const columnData = columns.map(({ name, type }, index) => ({
      name,
      data: data[index] ?? [],
      // Nobody looks for a range of texts.
      statistics: ELEMENTS[type] !== TEXT,
    }));
    await table.write({ columnData, rowGroupSize: GROUP });
    data = columns.map(() => []);
    await flush();
  };
  return {
    async add(rows) {
      const lines = rows.flatMap(linesOf);
      for (const [index, { type }] of columns.entries()) {
        const values = data[index] ?? [];
        for (const line of lines) values.push(VALUES[type](line[index]));
      }
      count += rows.length;
      if ((data[0]?.length ?? 0) >= GROUP) await writeGroup();
    },
    async finish() {
      if ((data[0]?.length ?? 0) > 0) await writeGroup();
      await table.finish();
      await flush();
      const aside = await file.commit(await admission.keeping(count));
      if (admission.isForeign && aside) {
        plan.tell({ type: 'outputSetAside', path: output, aside });
      }
    },
    abandon: () => file.discard(),
  };
}

function schemaOf(name: string, type: ColumnType): SchemaElement[] {
  const element = ELEMENTS[type];
  if (type !== 'texts' && type !== 'numbers') {
    return [{ ...element, name, repetition_type: 'OPTIONAL' }];
  }
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { ...element, name: 'element', repetition_type: 'OPTIONAL' },
  ];
}

type Element = Pick<SchemaElement, 'type' | 'converted_type'>;

const TEXT: Element = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };

/** How values of a type are stored, and of a list its entries. */
const ELEMENTS: Readonly<Record<ColumnType, Element>> = {
  text: TEXT,
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  texts: TEXT,
  numbers: { type: 'DOUBLE' },
  mixed: TEXT,
};

type Stored = (value: unknown) => unknown;

const none = (value: unknown): value is null | undefined => value === null || value === undefined;

const asText: Stored = (value) => {
  if (none(value) || typeof value === 'string') return value ?? undefined;
  // Only empty lists have been seen of this column.
  if (Array.isArray(value) && value.length === 0) return undefined;
  return JSON.stringify(value);
};

const asList: Stored = (value) => (Array.isArray(value) ? value : undefined);

/** A value as the writer takes it; undefined for none. */
const VALUES: Readonly<Record<ColumnType, Stored>> = {
  text: asText,
  integer: (value) => (typeof value === 'number' ? BigInt(value) : undefined),
  number: (value) => (typeof value === 'number' ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  texts: asList,
  numbers: asList,
  mixed: asText,
};

const MAGIC = 'PAR1';
/** A length of 4 bytes, and the letters. */
const TAIL = 8;
/** A longer description of a file is none of ours. */
const LONGEST_FOOTER = 64 << 20;

/** Whether the description at the end of a Parquet file names this program as its maker. */
async function isOwnParquet(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(TAIL);
    if (size < TAIL) return false;
    await file.read(tail, 0, TAIL, size - TAIL);
    const length = tail.readUInt32LE();
    const isParquet = tail.toString('latin1', 4) === MAGIC;
    if (!isParquet || length > Math.min(LONGEST_FOOTER, size - TAIL)) return false;
    const footer = Buffer.alloc(length);
    await file.read(footer, 0, length, size - TAIL - length);
    return footer.includes(CREATED_BY);
  } finally {
    await file.close();
  }
}
