// Which words of a vocabulary look like a free tag. Plain letters are compared, three at a time: this
// finds `boats` for boat, `Segelboot` for Boot and `terrier dog` for dog, in any script.
import type { Entry } from './vocabulary.js';
import { plain } from './words-file.js';

const LETTERS = 3;

/** How many words a free tag is compared with at the end. */
const MOST = 5;
/** From 0 to 1; what is less like it only shares a syllable. */
const LEAST_LIKENESS = 0.3;

/** Finds words by what they share with other words. */
export interface Nearest {
  /** The entries that are most like a word, the best first. */
  to(word: string): readonly Entry[];
}

interface Spelling {
  readonly entry: Entry;
  readonly parts: number;
}

/** Makes an index of all names, paths and synonyms; 10,000 words take some hundredths of a second. */
export function nearestIn(entries: readonly Entry[]): Nearest {
  const spellings: Spelling[] = [];
  const holders = new Map<string, number[]>();
  for (const entry of entries) {
    for (const text of [entry.path.at(-1) ?? '', ...entry.synonyms]) {
      const parts = partsOf(text);
      const number = spellings.push({ entry, parts: parts.size }) - 1;
      for (const part of parts) {
        const those = holders.get(part) ?? [];
        those.push(number);
        holders.set(part, those);
      }
    }
  }
  return {
    to(word) {
      const parts = partsOf(word);
      const shared = new Map<number, number>();
      for (const part of parts) {
        for (const number of holders.get(part) ?? []) {
          shared.set(number, (shared.get(number) ?? 0) + 1);
        }
      }
      const likeness = new Map<Entry, number>();
      for (const [number, count] of shared) {
        const spelling = spellings[number];
        if (!spelling) continue;
        // A short word inside a long one is as near as two words of the same length.
        const like =
          count / Math.min(parts.size, spelling.parts) - LENGTHS * gap(parts.size, spelling.parts);
        const best = likeness.get(spelling.entry) ?? LEAST_LIKENESS;
        if (like >= best) likeness.set(spelling.entry, like);
      }
      return [...likeness]
        .sort(([, one], [, other]) => other - one)
        .slice(0, MOST)
        .map(([entry]) => entry);
    },
  };
}

/** How much a difference in length counts. */
const LENGTHS = 0.3;

function gap(one: number, other: number): number {
  return Math.abs(one - other) / Math.max(one, other);
}

/** In these scripts a letter may be a word by itself. */
const WHOLE_WORD = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u;

/** The letters of a text, three at a time, with a blank around each word; marks on letters are dropped. */
function partsOf(text: string): ReadonlySet<string> {
  const letters = plain(text)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ');
  const padded = [...` ${letters.trim()} `];
  const parts = new Set<string>();
  for (let at = 0; at + LETTERS <= padded.length; at += 1) {
    parts.add(padded.slice(at, at + LETTERS).join(''));
  }
  for (const letter of padded) if (WHOLE_WORD.test(letter)) parts.add(letter);
  return parts;
}
