/** How a file is recognised as one that this program has written. */
export interface OwnMark {
  /** What such a file is, with its article. */
  what: string;
  /** How it begins, after a byte order mark. */
  begins: RegExp;
  /** Found once for each answer in it; with the flags `g` and `m`. */
  answer: RegExp;
  /** A second pattern that must be found as often as `answer`, if the beginning is not enough. */
  needs?: RegExp;
}
