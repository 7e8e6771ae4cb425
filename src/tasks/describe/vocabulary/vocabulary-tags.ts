// The style `tags` with words from a list only. A short list goes into the schema of the answer. A long
// one takes two steps: free words about the picture, and a question without it, which of the nearest
// words of the list they mean.
import type { JsonSchema, SecondQuestion, Validation } from '../../../domain/brief.js';
import { enclosed, literalTemplate } from '../../../engine/prompt-text.js';
import { parseJsonAnswer } from '../../../schema/json-answer.js';
import type { Task } from '../styles.js';
import { isTexts, MOST_TAGS } from '../validators.js';
import { nearestIn } from './nearest.js';
import {
  type Entry,
  pathText,
  tagsOf,
  type Vocabulary,
  type VocabularyPaths,
} from './vocabulary.js';
import { plain } from './words-file.js';

/** Words from which tags are taken, and what an answer has of them. */
export interface WantedWords {
  readonly vocabulary: Vocabulary;
  readonly paths: VocabularyPaths;
}

/** The most words, and characters in all of them, of an enum: the service refuses long ones. */
const MOST_IN_SCHEMA = { words: 100, characters: 2000 } as const;

/** Why the style takes no language: its words are those of the list. */
const REFUSES = {
  lang: 'Its words are those of --vocab.',
  maxWords: `It gives 1 to ${MOST_TAGS} tags.`,
} as const;

/** What is asked by `tags` with a vocabulary. */
export function vocabularyTags(words: WantedWords): Task & { refuses: typeof REFUSES } {
  const { entries } = words.vocabulary;
  const task = fitsIntoSchema(entries) ? inOneStep(words) : inTwoSteps(words);
  return { ...task, refuses: REFUSES };
}

/** The rules by name, so that another list makes another question. */
export function vocabularyRules({ vocabulary, paths }: WantedWords): string {
  return `vocabulary ${vocabulary.digest} ${paths}`;
}

function fitsIntoSchema(entries: readonly Entry[]): boolean {
  const characters = entries.reduce((sum, { name }) => sum + name.length, 0);
  return entries.length <= MOST_IN_SCHEMA.words && characters <= MOST_IN_SCHEMA.characters;
}

const RULES =
  `Choose 1 to ${MOST_TAGS} of them, the most important first and none twice, exactly as they are ` +
  'written there. Choose only what can be seen';

function inOneStep(words: WantedWords): Task {
  const { entries } = words.vocabulary;
  return {
    prompt:
      'List tags for this image as a JSON array of strings. Every tag is one of the words of the ' +
      `following list. ${RULES}, and the more specific of two words. What follows a word in ` +
      'brackets explains it and is not a part of it.\n' +
      literalTemplate(enclosed('words', entries.map(explained).join('\n'))),
    schema: choiceOf(entries),
    validate: (text) => judged(text, words),
  };
}

function inTwoSteps(words: WantedWords): Task {
  const { entries } = words.vocabulary;
  return {
    prompt:
      'List tags for this image, as people would search for it, as a JSON array of strings: ' +
      `${FREE_WORDS.least} to ${FREE_WORDS.most} words or short phrases in lower case, without ` +
      'commas. For each thing that can be seen, give its specific name, a general name and a ' +
      'synonym, the most important things first: subject, objects, place, activity, colours. The ' +
      'tags will be matched with a list of words, of which these are some; use their language.\n' +
      literalTemplate(enclosed('words', someOf(entries, SAMPLE).map(pathText).join('\n'))),
    schema: { type: 'array', items: { type: 'string' } },
    validate: (text) => judged(text, words),
    second: matching(words),
  };
}

/** Of the first step; enough to name each thing in several ways. */
const FREE_WORDS = { least: 5, most: 40 } as const;
/** How many words of the list the first step shows. */
const SAMPLE = 40;

/** The second step: which words of the list the free ones mean. */
function matching(words: WantedWords): SecondQuestion {
  const { entries } = words.vocabulary;
  let nearest: ReturnType<typeof nearestIn> | undefined;
  const candidates = (text: string): readonly Entry[] => {
    nearest ??= nearestIn(entries);
    return candidatesFor(freeWordsIn(text), nearest, words.vocabulary);
  };
  return {
    validate: freeWords,
    ask(text) {
      const offered = candidates(text);
      return {
        text:
          'The first list has words that somebody found for an image; the second has all words ' +
          'that tags may be. Give those of the second list that mean the same as a word of the ' +
          `first, or the general kind of it, as a JSON array of strings. ${MATCHING_RULES}\n` +
          `${enclosed('found', JSON.stringify(freeWordsIn(text)))}\n` +
          enclosed('words', offered.map(explained).join('\n')),
        schema: choiceOf(offered),
        validate: (answer) => judged(answer, words),
      };
    },
    join: (_, second) => second,
    tokens: { first: FREE_TOKENS, input: tokensToMatch(entries), output: TAGS_TOKENS },
  };
}

/** About 40 free words, and about 15 of the list; a token has about four characters. */
const FREE_TOKENS = 130;
const TAGS_TOKENS = 60;
const CHARACTERS_A_TOKEN = 4;
/** Of the second question, without the words of the list. */
const OTHER_CHARACTERS = 1200;

/** About how many tokens the second question has, which offers as many words as it may. */
function tokensToMatch(entries: readonly Entry[]): number {
  const some = someOf(entries, MOST_CANDIDATES);
  // A word stands in the list and in the schema, in quotes.
  const characters = some.map(
    (entry) => explained(entry).length + entry.name.length + '\n"",'.length,
  );
  const all = characters.reduce((sum, length) => sum + length, OTHER_CHARACTERS);
  return Math.ceil(all / CHARACTERS_A_TOKEN);
}

const MATCHING_RULES =
  `Give 1 to ${MOST_TAGS} of them, the most important first and none twice, exactly as they are ` +
  'written, and nothing that only looks alike. What follows a word in brackets explains it.';

/** Enough for the words that are meant; each is paid for twice, in the list and in the schema. */
const MOST_CANDIDATES = 60;
/** Fewer near words leave no choice, so that others come along. */
const FEWEST_CANDIDATES = 20;

function candidatesFor(
  free: readonly string[],
  nearest: ReturnType<typeof nearestIn>,
  { entries, find }: Vocabulary,
): readonly Entry[] {
  const chosen = new Set<Entry>();
  let characters = 0;
  const add = (entry: Entry | undefined) => {
    if (!entry || chosen.has(entry) || chosen.size >= MOST_CANDIDATES) return;
    if (characters + entry.name.length > MOST_IN_SCHEMA.characters) return;
    characters += entry.name.length;
    chosen.add(entry);
  };
  for (const word of free) add(find(word).entry);
  const near = free.map((word) => nearest.to(word));
  // The best of each word come before the second best of any.
  for (let place = 0; near.some((list) => place < list.length); place += 1) {
    for (const list of near) add(list[place]);
  }
  if (chosen.size < FEWEST_CANDIDATES) {
    for (const entry of someOf(entries, FEWEST_CANDIDATES)) add(entry);
  }
  return [...chosen];
}

/** So many of a list, evenly spread. */
function someOf<One>(all: readonly One[], most: number): readonly One[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)]).filter(
    (one) => one !== undefined,
  );
}

function choiceOf(entries: readonly Entry[]): JsonSchema {
  return { type: 'array', items: { type: 'string', enum: entries.map(({ name }) => name) } };
}

/** A word with its path and synonyms, in one line. */
function explained({ name, path, synonyms }: Entry): string {
  const facts = [
    ...(path.length > 1 && name === path.at(-1) ? [path.slice(0, -1).join(' > ')] : []),
    ...(synonyms.length > 0 ? [`also: ${synonyms.join(', ')}`] : []),
  ];
  return facts.length === 0 ? name : `${name} (${facts.join('; ')})`;
}

/** Accepts words of the list only; synonyms and paths stand for them. */
function judged(text: string, { vocabulary, paths }: WantedWords): Validation {
  const answer = parseJsonAnswer(text);
  if (!answer.ok) return answer;
  if (!isTexts(answer.value)) return NO_LIST;
  const found = answer.value.map((word) => ({ word, ...vocabulary.find(word) }));
  const entries = [...new Set(found.flatMap(({ entry }) => entry ?? []))];
  // What such an answer has been made into names general words of its paths, too.
  const implied = new Set(paths === 'all' ? tagsOf(entries, paths).map(plain) : []);
  const outside = found.filter(({ word, entry }) => !entry && !implied.has(plain(word)));
  if (outside.length > 0) return { ok: false, problem: outsideText(outside) };
  if (entries.length === 0) {
    return { ok: false, problem: 'it has no word of the vocabulary, and 1 is the fewest' };
  }
  if (entries.length > MOST_TAGS) {
    return {
      ok: false,
      problem: `it has ${entries.length} different words, and ${MOST_TAGS} are the most`,
    };
  }
  const tags = tagsOf(entries, paths);
  return { ok: true, text: tags.join(', '), data: tags };
}

const NO_LIST: Validation = { ok: false, problem: 'it is not a JSON array of strings' };

/** How many wrong words are named. */
const FEW = 5;

function outsideText(words: readonly { word: string; mayBe?: readonly string[] }[]): string {
  const named = words.slice(0, FEW).map(({ word, mayBe = [] }) => {
    const short = JSON.stringify([...word].slice(0, 60).join(''));
    return mayBe.length > 0 ? `${short}, which may be ${mayBe.join(' or ')}` : short;
  });
  const others = words.length > FEW ? `, and ${words.length - FEW} more` : '';
  return `it has ${named.join(', ')}${others}, which the vocabulary does not have`;
}

/** Accepts the free words of the first step. */
function freeWords(text: string): Validation {
  const answer = parseJsonAnswer(text);
  if (!answer.ok) return answer;
  if (!isTexts(answer.value)) return NO_LIST;
  return freeWordsIn(text).length > 0
    ? { ok: true, text }
    : { ok: false, problem: 'it has no tags, and 1 is the fewest' };
}

/** In characters; a longer text is no tag. */
const LONGEST_FREE = 100;

function freeWordsIn(text: string): readonly string[] {
  const answer = parseJsonAnswer(text);
  if (!answer.ok || !isTexts(answer.value)) return [];
  const words = answer.value.map((word) => word.replace(/\s+/g, ' ').trim().slice(0, LONGEST_FREE));
  return [...new Set(words.filter((word) => word !== ''))].slice(0, FREE_WORDS.most);
}
