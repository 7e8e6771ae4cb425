import { type StyleAnswer, shownText, textOfAnswer } from '../domain/style-answers.js';
import { csvRows, type MoreColumns, tsvRows } from './csv.js';
import { type Formatter, outputFormats, silent } from './formats.js';
import { oneColumn } from './one-column.js';
import type { Cell } from './table-lines.js';

/** The formats of answers to several styles: `text` has a line for each, a table a column for each. */
export function styleFormats(styles: readonly string[], isLong: boolean) {
  const columns = columnsFor(styles, isLong);
  return {
    ...outputFormats,
    text: { create: styleLines },
    csv: { ...outputFormats.csv, create: () => ({ ...silent, ...csvRows(columns) }) },
    tsv: { ...outputFormats.tsv, create: () => ({ ...silent, ...tsvRows(columns) }) },
  };
}

/** `style: answer` for one picture, `path<TAB>style<TAB>answer` for several. */
function styleLines(several: boolean): Formatter {
  return {
    ...silent,
    record(record) {
      if (record.status === 'failed') return '';
      if (!several) return `${shownText(record)}\n`;
      const image = 'image' in record ? record.image : '';
      return Object.entries(record.answers ?? {})
        .map(([style, answer]) => {
          const cells = [image, style, textOfAnswer(answer).trim()];
          return `${cells.map(oneColumn).join('\t')}\n`;
        })
        .join('');
    },
  };
}

/** The column of alt text that has a description beside it, and that of the description. */
const ALT = 'alt';
const DESCRIPTION = 'alt.description';

function columnsFor(styles: readonly string[], isLong: boolean): MoreColumns {
  const names = styles.flatMap((style) =>
    style === ALT && isLong ? [style, DESCRIPTION] : [style],
  );
  return {
    names,
    cells: ({ answers = {} }) =>
      names.map((name) =>
        name === DESCRIPTION
          ? descriptionIn(answers[ALT])
          : cellOf(Object.hasOwn(answers, name) ? answers[name] : undefined),
      ),
  };
}

function cellOf(answer: StyleAnswer | undefined): Cell {
  if (answer === undefined || typeof answer === 'string') return answer;
  return 'alt' in answer ? answer.alt : answer.join('; ');
}

function descriptionIn(answer: StyleAnswer | undefined): Cell {
  return typeof answer === 'object' && 'alt' in answer ? answer.description : undefined;
}
