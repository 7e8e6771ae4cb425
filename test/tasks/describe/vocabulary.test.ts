/** Lists of words for tags: how they are read, what their words mean, and which are near. */
import { describe, expect, test } from 'vitest';
import { nearestIn } from '../../../src/tasks/describe/vocabulary/nearest.js';
import { tagsOf, vocabularyOf } from '../../../src/tasks/describe/vocabulary/vocabulary.js';
import { readWords } from '../../../src/tasks/describe/vocabulary/words-file.js';

const LIST = `\ufeff# animals and machines
animals > dogs > terrier
animals >dogs= hound, canine\r
animals > birds > crane   # it flies
machines > crane

C#
DOG house
c# # twice
`;

const vocabulary = (text = LIST) => vocabularyOf(readWords(text, 'the list'), 'the list');

test('a line is a path with synonyms; comments, blanks and repetitions do not count', () => {
  expect(readWords(LIST, 'the list')).toEqual([
    { path: ['animals', 'dogs', 'terrier'], synonyms: [] },
    { path: ['animals', 'dogs'], synonyms: ['hound', 'canine'] },
    { path: ['animals', 'birds', 'crane'], synonyms: [] },
    { path: ['machines', 'crane'], synonyms: [] },
    { path: ['C#'], synonyms: [] },
    { path: ['DOG house'], synonyms: [] },
  ]);
});

test.each([
  ['', 'the list has no words'],
  ['# nothing', 'the list has no words'],
  ['a\nb > > c', 'the list, line 2: a word is missing in "b > > c"'],
  ['= b', 'the list, line 1: a word is missing in "= b"'],
  [`a\n${'x'.repeat(121)}`, 'the list, line 2: "xxx'],
  ['dog = hound\ncat = Hound', 'the list has "Hound" for both dog and cat'],
])('%j is refused with its place', (text, words) => {
  expect(() => vocabulary(text)).toThrow(words);
});

describe('what a word of an answer means', () => {
  test.each([
    ['terrier', 'terrier'],
    ['Terrier ', 'terrier'],
    ['animals>dogs > TERRIER', 'terrier'],
    ['canine', 'dogs'],
    ['machines > crane', 'machines > crane'],
    ['dog  house', 'DOG house'],
  ])('%s is %s', (word, name) => {
    expect(vocabulary().find(word).entry?.name).toBe(name);
  });

  test('a word that is written like another one needs its path', () => {
    expect(vocabulary().find('crane')).toEqual({
      mayBe: ['animals > birds > crane', 'machines > crane'],
    });
  });

  test('a word that is not there, or only a part of a path, means nothing', () => {
    for (const word of ['cat', 'animals', 'birds', '']) {
      expect(vocabulary().find(word)).toEqual({ mayBe: [] });
    }
  });

  test('a word of the list comes before a synonym', () => {
    expect(vocabulary('dog = cat\ncat').find('cat').entry?.path).toEqual(['cat']);
  });
});

test('paths are left out or expanded, each word once', () => {
  const { entries } = vocabulary();
  const [terrier, dogs, crane] = entries;
  const some = [terrier, dogs, crane].filter((one) => one !== undefined);
  expect(tagsOf(some, 'leaf')).toEqual(['terrier', 'dogs', 'crane']);
  expect(tagsOf(some, 'all')).toEqual(['animals', 'dogs', 'terrier', 'birds', 'crane']);
});

test('another word, path or synonym makes another digest', () => {
  const digests = ['dog', 'cat', 'a > dog', 'dog = cat'].map((text) => vocabulary(text).digest);
  expect(new Set(digests).size).toBe(4);
});

describe('near words', () => {
  const nearest = (text: string) => {
    const near = nearestIn(vocabulary(text).entries);
    return (word: string) => near.to(word).map(({ name }) => name);
  };

  test.each([
    ['boats', 'boat'],
    ['Segelboot', 'Boot'],
    ['Fischerboote', 'Boot'],
    ['bright café', 'cafe'],
    ['harbor', 'harbour'],
    ['puppy', 'dog'],
    ['柴犬', '犬'],
    ['маяки', 'маяк'],
  ])('%s is near %s', (word, name) => {
    const near = nearest('boat\nBoot\ncafe\nharbour\ndog = puppy, hound\n犬\nмаяк\nzebra\nquartz');
    expect(near(word)[0]).toBe(name);
  });

  test('what shares nothing is not near, and few are offered', () => {
    const near = nearest(Array.from({ length: 50 }, (_, at) => `boat ${at}`).join('\n'));
    expect(near('zebra')).toEqual([]);
    expect(near('boat')).toHaveLength(5);
  });
});
