// The words of decoders, made fit for the line of an error.
import { oneLine } from '../../network/text.js';

/** More does not help anybody; what comes first is the cause. */
const MAX_LENGTH = 200;

const NO_REASON = 'its header is damaged';

/** Marks by which libraries say through which of their functions a message came. */
const FUNCTIONS =
  /\b(?:Vips\w+|vips\w+|\w+2vips|vips2\w+|\w+load(?:_buffer|_source)?|glib|libpng|TIFF\w+|VP8\w*)(?:\[\w+\])?: */g;

/** One line of the reasons of several decoders: each is said once, and the whole is short. */
export function joinReasons(messages: readonly string[]): string {
  const said = new Set(messages.flatMap(sentencesOf));
  const line = [...said].join('; ') || NO_REASON;
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH - 1).trimEnd()}…`;
}

/** A decoder adds a line, or another mark of a function, for each thing that it says. */
function sentencesOf(message: string): string[] {
  return message
    .replace(/^Input (?:buffer|file) has corrupt header:?/, '')
    .replace(FUNCTIONS, '\n')
    .replace(/Input (?:buffer|file)/g, 'it')
    .split('\n')
    .map((sentence) => oneLine(sentence).replace(/[.;]$/, ''))
    .filter(Boolean);
}
