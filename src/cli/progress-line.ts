import type { Writable } from 'node:stream';

/** The last line of a terminal, kept below everything that is written while it is there. */
export interface ProgressLine {
  /** Shows a text, which must fit into one line, in place of the one before; '' takes it away. */
  show(text: string): void;
  /** Writes to stderr, above the line. */
  write(text: string): void;
  /**
   * Makes room for a text that goes to the same terminal by another way.
   *
   * @param write writes the text and resolves once it is out.
   */
  above(text: string, write: () => Promise<void>): Promise<void>;
}

/** To the first column, and the line is empty. */
const ERASE = '\r\u001b[2K';

/** Until a text is shown, nothing but what is written reaches stderr. */
export function createProgressLine(stderr: Writable): ProgressLine {
  let wanted = '';
  let shown = '';
  let others = 0;
  // A text that waits for the rest of its line, such as a streamed one, would be erased with ours.
  let isMidLine = false;
  // Data that is not finished yet: what is said in the meantime begins on a line of its own.
  let isMidOther = false;
  const write = (text: string) => {
    const erase = shown === '' ? '' : ERASE;
    const newline = isMidOther && text !== '' ? '\n' : '';
    if (text !== '') isMidOther = false;
    if (text !== '') isMidLine = !text.endsWith('\n');
    shown = isMidLine || others > 0 ? '' : wanted;
    const output = erase + newline + text + shown;
    // In one piece, so that no other process writes in between and nothing flickers.
    if (output !== '') stderr.write(output);
  };
  return {
    show(text) {
      if (text === wanted) return;
      wanted = text;
      write('');
    },
    write,
    async above(text, writeText) {
      others += 1;
      write('');
      await writeText();
      others -= 1;
      isMidLine = !text.endsWith('\n');
      isMidOther = isMidLine;
      if (others === 0) write('');
    },
  };
}
