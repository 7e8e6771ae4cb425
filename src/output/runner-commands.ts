// The runner of GitHub Actions obeys two kinds of commands in the output of a step: `::` at the
// beginning of a line, after blanks of any kind, and `##[` anywhere in a line. It ignores invisible
// characters. Text that a model read in a picture, or a file's name, must not become a command.

/** Characters that a comparison of texts by the rules of a language ignores. */
const UNSEEN = '[[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}]--[\\n\\r]]';
const BLANK = `[[\\s${UNSEEN}]--[\\n\\r]]`;
const LINE_START = new RegExp(`(?<=^|[\\n\\r])(${BLANK}*:${UNSEEN}*):`, 'gv');
const ANYWHERE = new RegExp(`(#${UNSEEN}*#${UNSEEN}*)\\[`, 'gv');
const ALL_UNSEEN = new RegExp(UNSEEN, 'gv');

/**
 * Makes such lines harmless in a text that comes in pieces. It puts a blank before the last character
 * of a mark, because the characters before it may be printed already.
 */
export interface RunnerGuard {
  /** @returns the piece as it may be printed after the pieces before it. */
  guard(piece: string): string;
}

/** @param onChanged told of each piece that was changed. */
export function createRunnerGuard(onChanged: () => void = () => {}): RunnerGuard {
  // The part of the line so far that decides whether what follows completes a mark.
  let before = '';
  return {
    guard(piece) {
      const text = before + piece;
      const safe = withBlanks(text);
      if (safe !== text) onChanged();
      const printed = safe.slice(before.length);
      before = endOf(text);
      return printed;
    },
  };
}

function withBlanks(text: string): string {
  return text.replace(LINE_START, '$1 :').replace(ANYWHERE, '$1 [');
}

/** The end of a text from which a mark may go on. */
function endOf(text: string): string {
  const line = text.slice(Math.max(...['\n', '\r'].map((end) => text.lastIndexOf(end))) + 1);
  const seen = line.replace(ALL_UNSEEN, '');
  const bare = seen.trimStart();
  return bare.length <= 1 ? bare : `x${seen.slice(-2)}`;
}

/** The same for JSON, whose value does not change, since a mark in it stands inside a string. */
export function guardedJson(json: string): string {
  return json.replace(ANYWHERE, '$1\\u005b');
}

/** The same for XML. */
export function guardedXml(xml: string): string {
  return xml.replace(LINE_START, '$1&#58;').replace(ANYWHERE, '$1&#91;');
}
