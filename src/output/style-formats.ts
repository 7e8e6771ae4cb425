import { type StyleAnswers, shownText, textOfAnswer } from '../domain/style-answers.js';
import { csvFormat, type MoreColumns, tsvFormat } from './csv.js';
import { type Formatter, outputFormats, silent } from './formats.js';
import { oneColumn } from './safe-text.js';
import type { Cell } from './table-lines.js';

/** The formats of answers to several styles: `text` has a line for each, a table a column for each. */
export function styleFormats(styles: readonly string[], isLong: boolean, delimiter?: string) {
  const columns = columnsFor(styles, isLong);
  return {
    ...outputFormats,
    text: { create: styleLines },
    csv: csvFormat(columns, delimiter),
    tsv: tsvFormat(columns),
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

/** The columns of an answer that has parts, as exported tables have them. */
const ALT = 'alt.alt';
const DESCRIPTION = 'alt.description';

function columnsFor(styles: readonly string[], isLong: boolean): MoreColumns {
  const names = styles.flatMap((style) =>
    style === 'alt' && isLong ? [ALT, DESCRIPTION] : [style],
  );
  return {
    names,
    cells: ({ answers = {} }) => names.map((name) => cellOf(name, answers)),
  };
}

function cellOf(name: string, answers: StyleAnswers): Cell {
  const [style = ''] = name.split('.');
  const answer = Object.hasOwn(answers, style) ? answers[style] : undefined;
  if (answer === undefined || typeof answer === 'string') return answer;
  if ('alt' in answer) return name === DESCRIPTION ? answer.description : answer.alt;
  return answer.join('; ');
}
