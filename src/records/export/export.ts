import { type ErrorKind, usageError } from '../../domain/error.js';
import { openRows } from '../rows/ledger-rows.js';
import type { PictureRow } from '../rows/picture-row.js';
import { Columns } from './columns.js';
import type {
  Exporter,
  ExportFormat,
  ExportOptions,
  ExportPlan,
  FormatOption,
  Reason,
} from './export-format.js';
import { withoutRejected } from './row-values.js';
import { type Filter, passesAll } from './where.js';

export interface Exported {
  /** How many pictures, or questions about several, are in the export. */
  exported: number;
  /** The failures that left pictures out of it. */
  failures: ErrorKind[];
}

/**
 * Exports a ledger: a row a picture, with the newest answer to each question about it. The texts are
 * not held in memory.
 *
 * @throws GeminiImageError of kind `usage`, and `interrupted`. Nothing is written then, and files that
 *   were there are as they were.
 */
export async function exportLedger(
  format: ExportFormat,
  filters: readonly Filter[],
  options: ExportOptions,
  context: Pick<ExportPlan, 'signal' | 'print' | 'tell'>,
): Promise<Exported> {
  const { signal, tell } = context;
  const rows = await openRows(options.ledger, { signal, tell });
  const leftOut = new LeftOut();
  let exporter: Exporter | undefined;
  try {
    const mayBeRejected = filters.some(({ column }) => column === 'reviewed');
    const counts = mayBeRejected || !rows.hasReviews ? (row: PictureRow) => row : withoutRejected;
    const columns = await Columns.of(rows, counts, signal);
    const passes = passesAll(filters, columns);
    const chosen = (row: PictureRow): PictureRow | undefined => {
      const counted = counts(row);
      return counted && passes(counted) ? counted : undefined;
    };
    const plan: ExportPlan = {
      ...{ options, rows, columns, chosen, ...context },
      leaveOut: (image, why) => leftOut.add(image, why),
    };
    exporter = await format.open(plan);
    let exported = 0;
    for await (const batch of rows.batches(signal)) {
      const wanted: PictureRow[] = [];
      for (const row of batch) {
        const one = chosen(row);
        if (one === undefined) {
          if (counts(row) === undefined) leftOut.add(firstImage(row), REJECTED);
          continue;
        }
        if (one.status === 'failed' && format.hasFailures !== true) {
          leftOut.add(firstImage(one), FAILED);
        } else wanted.push(one);
      }
      const before = leftOut.count;
      if (wanted.length > 0) await exporter.add(wanted);
      exported += wanted.length - (leftOut.count - before);
    }
    await exporter.finish();
    for (const one of leftOut.reasons()) tell({ type: 'exportLeftOut', ...one });
    return { exported, failures: leftOut.failures };
  } catch (error) {
    await exporter?.abandon();
    throw error;
  } finally {
    await rows.close();
  }
}

/** @throws GeminiImageError of kind `usage` if an option means nothing to a format. */
export function expectOption(
  name: string,
  format: ExportFormat,
  flag: string,
  option: FormatOption,
  formats: Readonly<Record<string, ExportFormat>>,
): void {
  if (format.options.includes(option)) return;
  const others = Object.entries(formats).filter(([, one]) => one.options.includes(option));
  throw usageError(
    `${flag} means nothing to --to ${name}`,
    `It is for ${others.map(([other]) => other).join(', ')}.`,
  );
}

const FAILED: Reason = {
  one: 'failed and has no answer',
  many: 'failed and have no answer',
};

const REJECTED: Reason = {
  one: 'has only answers that were rejected',
  many: 'have only answers that were rejected',
};

function firstImage({ pictures }: PictureRow): string {
  return pictures[0]?.image ?? '';
}

/** What is not in the export, counted by the reason. */
class LeftOut {
  readonly #byReason = new Map<string, { first: string; count: number; why: Reason }>();
  readonly failures: ErrorKind[] = [];
  count = 0;

  add(image: string, why: Reason): void {
    const known = this.#byReason.get(why.many) ?? { first: image, count: 0, why };
    known.count += 1;
    this.count += 1;
    this.#byReason.set(why.many, known);
    if (why.kind !== undefined && !this.failures.includes(why.kind)) this.failures.push(why.kind);
  }

  reasons() {
    return [...this.#byReason.values()].map(({ first, count, why: { one, many } }) => ({
      ...{ first, count, one, many },
    }));
  }
}
