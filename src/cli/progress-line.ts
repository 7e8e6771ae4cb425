import type { Writable } from 'node:stream';

/** To the first column, and the line is empty. */
const ERASE = '\r\u001b[2K';

/**
 * The last line of a terminal, kept below everything that is written while it is there. Until a text
 * is shown, nothing but what is written reaches stderr.
 */
export class ProgressLine {
  readonly #stderr: Writable;
  #wanted = '';
  #shown = '';
  /** How many texts are on their way to the terminal by another way. */
  #others = 0;
  /** A text that waits for the rest of its line, such as a streamed one, would be erased with ours. */
  #isMidLine = false;
  /** Data that is not finished yet: what is said in the meantime begins on a line of its own. */
  #isMidOther = false;

  constructor(stderr: Writable) {
    this.#stderr = stderr;
  }

  /** Shows a text, which must fit into one line, in place of the one before; '' takes it away. */
  show(text: string): void {
    if (text === this.#wanted) return;
    this.#wanted = text;
    this.#redraw();
  }

  /** Writes to stderr, above the line. */
  write(text: string): void {
    if (text === '') return;
    const newline = this.#isMidOther ? '\n' : '';
    this.#isMidOther = false;
    this.#isMidLine = !text.endsWith('\n');
    this.#redraw(newline + text);
  }

  /**
   * Makes room for a text that goes to the same terminal by another way.
   *
   * @param write writes the text and resolves once it is out.
   */
  async above(text: string, write: () => Promise<void>): Promise<void> {
    this.#others += 1;
    this.#redraw();
    await write();
    this.#others -= 1;
    this.#isMidLine = !text.endsWith('\n');
    this.#isMidOther = this.#isMidLine;
    if (this.#others === 0) this.#redraw();
  }

  #redraw(text = ''): void {
    const erase = this.#shown === '' ? '' : ERASE;
    this.#shown = this.#isMidLine || this.#others > 0 ? '' : this.#wanted;
    const output = erase + text + this.#shown;
    // In one piece, so that no other process writes in between and nothing flickers.
    if (output !== '') this.#stderr.write(output);
  }
}
