import type { Writable } from 'node:stream';

/** Moves to the first column and clears the line. */
const ERASE = '\r\u001b[2K';

/**
 * The last line of a terminal, which stays below everything that is written meanwhile. As long as
 * no text is shown, stderr gets exactly what is written.
 */
export class ProgressLine {
  readonly #stderr: Writable;
  #wanted = '';
  #shown = '';
  /** How many texts are being written to the same terminal through another stream. */
  #others = 0;
  /**
   * Whether the last text still lacks its line end, as a streamed one may: showing our line would
   * erase it.
   */
  #isMidLine = false;
  /**
   * Whether the other stream stopped in the middle of a line: the next message then begins a new
   * one.
   */
  #isMidOther = false;

  constructor(stderr: Writable) {
    this.#stderr = stderr;
  }

  /** Shows a text in place of the one before. It must fit into one line; '' removes the line. */
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
   * Makes room for text that reaches the same terminal through another stream.
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
    // In one write, so that no other process writes in between and nothing flickers.
    if (output !== '') this.#stderr.write(output);
  }
}
