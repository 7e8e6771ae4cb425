/** By what a file is known as one that this program has written. */
export interface OwnMark {
  /** What such a file is, with its article. */
  what: string;
  /** How it begins, after a byte order mark. */
  begins: RegExp;
  /** Found once for each answer in it; with the flags `g` and `m`. */
  answer: RegExp;
  /** The same, where not every file that begins so is meant: found as often as there are answers. */
  needs?: RegExp;
}
