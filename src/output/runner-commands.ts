/**
 * What the runner of GitHub Actions obeys in the output of a step: a line that begins `::` behind
 * blanks of any kind, and `##[` anywhere in a line. Its comparison passes over characters that are
 * not seen. What a model read in a picture, or the name of a file, must not come to say such a thing.
 */

/** What a comparison of texts by the rules of a language takes no notice of. */
const UNSEEN = '[[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}]--[\\n\\r]]';
const BLANK = `[[\\s${UNSEEN}]--[\\n\\r]]`;
const LINE_START = new RegExp(`(?<=^|[\\n\\r])(${BLANK}*:${UNSEEN}*):`, 'gv');
const ANYWHERE = new RegExp(`(#${UNSEEN}*#${UNSEEN}*)\\[`, 'gv');
const ALL_UNSEEN = new RegExp(UNSEEN, 'gv');

/**
 * Makes such lines harmless in a text that comes in pieces, by a blank before the last character of
 * their marks: those before it may be printed already.
 */
export interface RunnerGuard {
  /** @returns the piece as it may be printed behind those before it. */
  guard(piece: string): string;
}

/** @param onChanged told of each piece that was changed. */
export function createRunnerGuard(onChanged: () => void = () => {}): RunnerGuard {
  // As much of the line so far as decides on what follows.
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

/** The end of a text, cut down to what a mark may go on from. */
function endOf(text: string): string {
  const line = text.slice(Math.max(...['\n', '\r'].map((end) => text.lastIndexOf(end))) + 1);
  const seen = line.replace(ALL_UNSEEN, '');
  const bare = seen.trimStart();
  return bare.length <= 1 ? bare : `x${seen.slice(-2)}`;
}

/** The same for JSON, whose value stays what it is: in it, a mark stands inside of a string. */
export function guardedJson(json: string): string {
  return json.replace(ANYWHERE, '$1\\u005b');
}

/** The same for XML. */
export function guardedXml(xml: string): string {
  return xml.replace(LINE_START, '$1&#58;').replace(ANYWHERE, '$1&#91;');
}
