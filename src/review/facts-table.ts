import { more, type RowFacts } from './matching.js';

const REVIEWS = ['none', 'accepted', 'rejected'] as const;
const OK = 1;
const EDITED = 2;
const DIFFERS = 4;
const DUPLICATE = 8;
/** More tags than these are not counted: a ledger may have a different one for each picture. */
const MOST_TAGS = 20_000;
const MOST_TAGS_OF_ROW = 255;

/** The facts of all rows outside of the heap, some 50 bytes each, so that a million stay small. */
export class FactsTable {
  #length = 0;
  readonly #looked: RowFacts = {
    ...{ isOk: false, isEdited: false, differs: false, isDuplicate: false, reviewed: 'none' },
    ...{ words: 0, chars: 0, cost: 0, at: 0, kind: '', model: '', styles: [] },
  };
  #flags = new Uint8Array(1024);
  #reviews = new Uint8Array(1024);
  #words = new Uint32Array(1024);
  #chars = new Uint32Array(1024);
  #costs = new Float64Array(1024);
  #ats = new Float64Array(1024);
  #sayings = new Float64Array(1024);
  #kinds = new Uint16Array(1024);
  #models = new Uint16Array(1024);
  #styles = new Uint16Array(1024);
  readonly #known = { kinds: new Words(), models: new Words(), styles: new Words() };
  #isDuplicatesKnown = false;
  /** The numbers of the tags of each row, one after another. */
  #tagNumbers = new Uint32Array(4096);
  #tagsUsed = 0;
  /** Where those of a row begin, and how many it has. */
  #tagStarts = new Uint32Array(1024);
  #tagCounts = new Uint8Array(1024);
  readonly #tagWords = new Words();
  /** How often each tag comes. */
  readonly tags = new Map<string, number>();

  get length(): number {
    return this.#length;
  }

  /** Puts the facts of a row, which is known already or the next one. */
  put(position: number, facts: RowFacts, saying: string, tags: readonly string[]): void {
    if (position === this.#length) {
      this.#length += 1;
      if (this.#length > this.#flags.length) this.#grow(this.#flags.length * 2);
    }
    this.#flags[position] =
      (facts.isOk ? OK : 0) | (facts.isEdited ? EDITED : 0) | (facts.differs ? DIFFERS : 0);
    this.#reviews[position] = REVIEWS.indexOf(facts.reviewed);
    this.#words[position] = facts.words;
    this.#chars[position] = facts.chars;
    this.#costs[position] = facts.cost;
    this.#ats[position] = facts.at;
    this.#sayings[position] = saying === '' ? 0 : digestOf(saying);
    this.#kinds[position] = this.#known.kinds.numberOf(facts.kind);
    this.#models[position] = this.#known.models.numberOf(facts.model);
    this.#styles[position] = this.#known.styles.numberOf(JSON.stringify(facts.styles));
    this.#isDuplicatesKnown = false;
    this.#putTags(position, tags);
  }

  #putTags(position: number, tags: readonly string[]): void {
    const before = this.#tagStarts[position] ?? 0;
    for (let index = 0; index < (this.#tagCounts[position] ?? 0); index += 1) {
      const tag = this.#tagWords.at(this.#tagNumbers[before + index] ?? 0);
      const left = (this.tags.get(tag) ?? 0) - 1;
      if (left > 0) this.tags.set(tag, left);
      else this.tags.delete(tag);
    }
    const known = tags.filter((tag) => this.tags.has(tag) || this.tags.size < MOST_TAGS);
    const counted = known.slice(0, MOST_TAGS_OF_ROW);
    if (this.#tagsUsed + counted.length > this.#tagNumbers.length) {
      this.#tagNumbers = grown(
        this.#tagNumbers,
        new Uint32Array(this.#tagNumbers.length * 2 + counted.length),
      );
    }
    this.#tagStarts[position] = this.#tagsUsed;
    this.#tagCounts[position] = counted.length;
    for (const tag of counted) {
      this.#tagNumbers[this.#tagsUsed] = this.#tagWords.numberOf(tag);
      this.#tagsUsed += 1;
      more(this.tags, tag);
    }
  }

  /** The facts of a row, valid until the next call: an object for each row would fill the memory. */
  at(position: number): Readonly<RowFacts> {
    const flags = this.#flags[position] ?? 0;
    const facts = this.#looked;
    facts.isOk = (flags & OK) !== 0;
    facts.isEdited = (flags & EDITED) !== 0;
    facts.differs = (flags & DIFFERS) !== 0;
    facts.isDuplicate = (flags & DUPLICATE) !== 0;
    facts.reviewed = REVIEWS[this.#reviews[position] ?? 0] ?? 'none';
    facts.words = this.#words[position] ?? 0;
    facts.chars = this.#chars[position] ?? 0;
    facts.cost = this.#costs[position] ?? 0;
    facts.at = this.#ats[position] ?? 0;
    facts.kind = this.#known.kinds.at(this.#kinds[position] ?? 0);
    facts.model = this.#known.models.at(this.#models[position] ?? 0);
    facts.styles = this.#known.styles.listAt(this.#styles[position] ?? 0);
    return facts;
  }

  /**
   * Makes room for so many rows at once. Arrays that grow step by step leave their smaller selves behind
   * until these are collected.
   */
  reserve(count: number): void {
    if (count > this.#flags.length) this.#grow(count);
  }

  /** Finds out which rows say the same as another one. */
  findDuplicates(): void {
    if (this.#isDuplicatesKnown) return;
    const sayings = this.#sayings.slice(0, this.#length).sort();
    const twice = new Set<number>();
    for (let index = 1; index < sayings.length; index += 1) {
      const saying = sayings[index] ?? 0;
      if (saying !== 0 && saying === sayings[index - 1]) twice.add(saying);
    }
    for (let position = 0; position < this.#length; position += 1) {
      const flags = (this.#flags[position] ?? 0) & ~DUPLICATE;
      const isTwice = twice.has(this.#sayings[position] ?? 0);
      this.#flags[position] = isTwice ? flags | DUPLICATE : flags;
    }
    this.#isDuplicatesKnown = true;
  }

  #grow(length: number): void {
    this.#flags = grown(this.#flags, new Uint8Array(length));
    this.#reviews = grown(this.#reviews, new Uint8Array(length));
    this.#words = grown(this.#words, new Uint32Array(length));
    this.#chars = grown(this.#chars, new Uint32Array(length));
    this.#costs = grown(this.#costs, new Float64Array(length));
    this.#ats = grown(this.#ats, new Float64Array(length));
    this.#sayings = grown(this.#sayings, new Float64Array(length));
    this.#kinds = grown(this.#kinds, new Uint16Array(length));
    this.#models = grown(this.#models, new Uint16Array(length));
    this.#styles = grown(this.#styles, new Uint16Array(length));
    this.#tagStarts = grown(this.#tagStarts, new Uint32Array(length));
    this.#tagCounts = grown(this.#tagCounts, new Uint8Array(length));
  }
}

/** Words that come often, by number. */
class Words {
  readonly #numbers = new Map<string, number>();
  readonly #words: string[] = [];
  readonly #lists: (readonly string[])[] = [];

  numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#words.push(word) - 1;
    this.#numbers.set(word, number);
    return number;
  }

  at(number: number): string {
    return this.#words[number] ?? '';
  }

  /** A word that is a list in JSON. */
  listAt(number: number): readonly string[] {
    const known = this.#lists[number];
    if (known) return known;
    const list: readonly string[] = JSON.parse(this.at(number));
    this.#lists[number] = list;
    return list;
  }
}

/** 53 bits of a text: by chance, two of a million are equal once in 18,000 ledgers. */
function digestOf(text: string): number {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 0x9e3779b1);
    two = Math.imul(two ^ code, 0x5f356495);
  }
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(two ^ (two >>> 13), 0xc2b2ae35);
  two = Math.imul(two ^ (two >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return (two & 0x1fffff) * 0x100000000 + (one >>> 0) + 1;
}

function grown<Numbers extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  numbers: Numbers,
  into: Numbers,
): Numbers {
  into.set(numbers);
  return into;
}
