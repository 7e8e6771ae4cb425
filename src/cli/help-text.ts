import { wrapped } from '../output/wrapped.js';

/** A line of an example with a remark, or a line of a table: two parts, with blanks between. */
const TWO_PARTS = /^( +\S.*?)( {2,})(\S.*)$/;

/**
 * Breaks the lines of a help that are too long: paragraphs are filled anew, and the second column
 * of a table stays a column. Commands that are to be copied are never broken.
 */
export function fitted(help: string, width: number): string {
  return paragraphsOf(help)
    .flatMap((lines) => {
      if (lines.every((line) => line.length <= width)) return lines;
      return lines[0]?.startsWith(' ')
        ? lines.flatMap((line) => row(line, width))
        : wrapped(lines.join(' '), width);
    })
    .join('\n');
}

/** Lines that may be filled together; each line that is set in, and each blank one, is by itself. */
function paragraphsOf(help: string): string[][] {
  const paragraphs: string[][] = [];
  let isOpen = false;
  for (const line of help.split('\n')) {
    const isText = /^\S/.test(line);
    if (isText && isOpen) paragraphs.at(-1)?.push(line);
    else paragraphs.push([line]);
    isOpen = isText && !line.endsWith(':');
  }
  return paragraphs;
}

function row(line: string, width: number): string[] {
  const [, first = '', gap = '', second = ''] = TWO_PARTS.exec(line) ?? [];
  if (line.length <= width || second === '') return [line];
  const column = first.length + gap.length;
  // A remark about a command, or what leaves no room for a column, goes below.
  if (second.startsWith('(') || column > width / 2) {
    return [first, ...wrapped(second, width - 6).map((text) => `      ${text}`)];
  }
  const [head = '', ...rest] = wrapped(second, width - column);
  return [first + gap + head, ...rest.map((text) => ' '.repeat(column) + text)];
}
