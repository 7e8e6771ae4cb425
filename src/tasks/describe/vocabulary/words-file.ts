import { usageError } from '../../../domain/error.js';

/** One entry of a vocabulary, as its line has it. */
export interface Word {
  /** From the most general to the word itself, which comes last. */
  readonly path: readonly string[];
  /** Other words for it, which stand for it in an answer. */
  readonly synonyms: readonly string[];
}

/** In characters; longer ones are no words for a tag. */
const LONGEST_WORD = 120;
const MOST_WORDS = 200_000;

/**
 * Reads a list of words: one a line, such as `animals > dogs > terrier` or `dog = hound, canine`. `#`
 * at the beginning of a line or after a blank begins a comment. Lines with the same path are one entry.
 *
 * @param title the list in words, as in "the vocabulary words.txt".
 * @throws GeminiImageError of kind `usage` that names the line at fault.
 */
export function readWords(text: string, title: string): readonly Word[] {
  const words = new Map<string, { path: readonly string[]; synonyms: Set<string> }>();
  for (const [at, given] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = given.replace(/(?:^|\s)#.*$/, '').trim();
    if (line === '') continue;
    const { path, synonyms } = wordIn(line, `${title}, line ${at + 1}`);
    const key = path.map(plain).join('\n');
    const word = words.get(key) ?? { path, synonyms: new Set<string>() };
    for (const synonym of synonyms) word.synonyms.add(synonym);
    words.set(key, word);
    if (words.size > MOST_WORDS) {
      throw usageError(`${title} has more than ${MOST_WORDS} words`, 'Give a shorter list.');
    }
  }
  if (words.size === 0) {
    throw usageError(`${title} has no words`, 'Give one a line, such as: animals > dogs > terrier');
  }
  return [...words.values()].map(({ path, synonyms }) => ({ path, synonyms: [...synonyms] }));
}

function wordIn(line: string, where: string): Word {
  const [left = '', ...right] = line.split('=');
  const path = left.split('>').map(inOneLine);
  if (path.includes('')) {
    throw usageError(
      `${where}: a word is missing in "${inOneLine(line)}"`,
      'Such as: dog, animals > dogs > terrier, or dog = hound, canine',
    );
  }
  const synonyms = right
    .join('=')
    .split(',')
    .map(inOneLine)
    .filter((word) => word !== '');
  const long = [...path, ...synonyms].find((word) => word.length > LONGEST_WORD);
  if (long !== undefined) {
    throw usageError(
      `${where}: "${long.slice(0, 40)}…" has more than ${LONGEST_WORD} characters`,
      'Give one word or short phrase a line; is this a list of words?',
    );
  }
  return { path, synonyms };
}

/** White space and characters that control a terminal are blanks. */
function inOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** A word as it is compared: upper and lower case, and forms of letters, do not count. */
export function plain(word: string): string {
  return word.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
