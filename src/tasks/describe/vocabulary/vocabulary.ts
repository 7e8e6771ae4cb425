import { hash } from 'node:crypto';
import { usageError } from '../../../domain/error.js';
import { plain, type Word } from './words-file.js';

/** What an answer has of a word: the word alone, or all words of its path. */
export type VocabularyPaths = 'leaf' | 'all';

/** What a word of an answer means. */
export type Found =
  | { readonly entry: Entry }
  /** No word of the vocabulary, or several, of which these are the names. */
  | { readonly entry?: undefined; readonly mayBe: readonly string[] };

/** A word of the vocabulary under a name of its own. */
export interface Entry extends Word {
  /** The word itself, or its whole path if another word is written like it. */
  readonly name: string;
}

/** The words that tags may be. */
export interface Vocabulary {
  readonly entries: readonly Entry[];
  /** A short hash of all words, paths and synonyms. */
  readonly digest: string;
  /** What a word of an answer means: an entry by its name, its path or a synonym. */
  find(word: string): Found;
}

const LENGTH = 16;

/**
 * @param title the list in words, for errors.
 * @throws GeminiImageError of kind `usage` if a synonym stands for two words.
 */
export function vocabularyOf(words: readonly Word[], title: string): Vocabulary {
  const byWord = new Map<string, Word[]>();
  for (const word of words) {
    const leaf = plain(leafOf(word));
    const same = byWord.get(leaf) ?? [];
    same.push(word);
    byWord.set(leaf, same);
  }
  const entries = words.map((word): Entry => {
    const isAlone = byWord.get(plain(leafOf(word)))?.length === 1;
    return { ...word, name: isAlone ? leafOf(word) : pathText(word) };
  });
  const byName = new Map<string, Entry>();
  for (const entry of entries) {
    byName.set(plain(entry.name), entry);
    byName.set(plain(pathText(entry)), entry);
  }
  const bySynonym = synonymsOf(entries, title);
  return {
    entries,
    digest: hash('sha256', JSON.stringify(words)).slice(0, LENGTH),
    find(given) {
      const word = plain(given.replace(/\s*>\s*/g, ' > '));
      const entry = byName.get(word) ?? (byWord.has(word) ? undefined : bySynonym.get(word));
      return entry ? { entry } : { mayBe: (byWord.get(word) ?? []).map(pathText) };
    },
  };
}

/** A synonym that is a word of the list itself stands for that word. */
function synonymsOf(entries: readonly Entry[], title: string): ReadonlyMap<string, Entry> {
  const known = new Map<string, Entry>();
  for (const entry of entries) {
    for (const synonym of entry.synonyms) {
      const other = known.get(plain(synonym));
      if (other && other !== entry) {
        throw usageError(
          `${title} has "${synonym}" for both ${other.name} and ${entry.name}`,
          'Leave it to one of them.',
        );
      }
      known.set(plain(synonym), entry);
    }
  }
  return known;
}

function leafOf({ path }: Word): string {
  return path.at(-1) ?? '';
}

/** Such as `animals > dogs > terrier`. */
export function pathText({ path }: Pick<Word, 'path'>): string {
  return path.join(' > ');
}

/** The tags of an answer, each once: the words, or all words of their paths, the general ones first. */
export function tagsOf(entries: readonly Entry[], paths: VocabularyPaths): readonly string[] {
  const words = entries.flatMap(({ path }) => (paths === 'all' ? path : path.slice(-1)));
  return [...new Map(words.map((word) => [plain(word), word])).values()];
}
