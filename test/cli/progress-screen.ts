import { Writable } from 'node:stream';

/** A terminal of one size without scrolling: what a person sees of what was written to it. */
export interface Screen {
  stream: Writable;
  /** Everything that was written, control characters included. */
  written(): string;
  /** The rows, without blanks at their ends. */
  rows(): string[];
}

/** Knows line breaks, carriage returns, erasing of a row and colours; anything else is shown. */
export function createScreen(columns = 80): Screen {
  let all = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      all += chunk;
      done();
    },
  });
  return { stream, written: () => all, rows: () => render(all, columns) };
}

const STEP = /\u001b\[[\d;]*m|\u001b\[2K|\r|\n|./gu;

function render(text: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let column = 0;
  for (const [step] of text.matchAll(STEP)) {
    if (step === '\n') {
      rows.push([]);
      column = 0;
    } else if (step === '\r') column = 0;
    else if (step === '\u001b[2K') rows[rows.length - 1] = [];
    else if (step.length === 1) {
      if (column === columns) {
        rows.push([]);
        column = 0;
      }
      const row = rows.at(-1) ?? [];
      while (row.length < column) row.push(' ');
      row[column] = step;
      column += 1;
    }
  }
  return rows.map((row) => row.join('').trimEnd());
}
