import { wrapped } from './wrapped.js';

/** Rows as lines of text, each column as wide as its widest cell. */
export function alignedLines(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

/**
 * A table with a head as lines of text. On a terminal that is too narrow for it, the columns that do
 * not fit go below each row, each cell with its head.
 *
 * @param width of the terminal; undefined if there is none.
 */
export function tableLines(
  [head = [], ...rows]: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const whole = alignedLines([head, ...rows]);
  const isNarrow = width && whole.split('\n').some((line) => line.length > width);
  if (!isNarrow) return whole;
  const kept = columnsWithin([head, ...rows], width);
  const [first = '', ...aligned] = alignedLines(
    [head, ...rows].map((row) => row.slice(0, kept)),
  ).split('\n');
  const lines = rows.flatMap((row, at) => {
    const below = row.slice(kept).map((cell, i) => cell && `${head[kept + i]}: ${cell}`);
    return [aligned[at] ?? '', ...indented(below, width)];
  });
  return [first, ...lines].map((line) => `${line}\n`).join('');
}

/** How many columns fit; the first one always stays. */
function columnsWithin(rows: readonly (readonly string[])[], width: number): number {
  const [{ length } = []] = rows;
  for (let kept = length; kept > 1; kept -= 1) {
    const lines = alignedLines(rows.map((row) => row.slice(0, kept))).split('\n');
    if (lines.every((line) => line.length <= width)) return kept;
  }
  return 1;
}

const INDENT = '    ';
const NO_BREAK = '\u00a0';

/** Parts as lines, broken between parts where that will do. */
function indented(parts: readonly string[], width: number): readonly string[] {
  const room = width - INDENT.length;
  const text = parts
    .filter((part) => part !== '')
    .map((part) => (part.length < room ? part.replaceAll(' ', NO_BREAK) : part))
    .join('; ');
  if (text === '') return [];
  return wrapped(text, room).map((line) => INDENT + line.replaceAll(NO_BREAK, ' '));
}
