// Which rows a query finds. The server and the page that is only shown both use it.
import type { AnswerValue, Counts, Query, RowView } from './api.js';

/** What a query needs to know of a row besides its words. */
export interface RowFacts {
  isOk: boolean;
  kind: string;
  model: string;
  styles: readonly string[];
  reviewed: 'accepted' | 'rejected' | 'none';
  isEdited: boolean;
  differs: boolean;
  isDuplicate: boolean;
  /** Of the longest of the texts. */
  words: number;
  chars: number;
  cost: number;
  /** When a person last said something, in milliseconds since 1970; 0 if nobody did. */
  at: number;
}

/** An answer as one text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.values(value).map(textOf).join('\n');
  return value === undefined || value === null ? '' : String(value);
}

export function tagsOf({ answers }: Pick<RowView, 'answers'>): readonly string[] {
  return answers.flatMap(({ value }) => (isList(value) ? value : []));
}

export function isList(value: AnswerValue): value is readonly string[] {
  return Array.isArray(value);
}

/** The length of a text as people count it. */
export function lengths(text: string): { words: number; chars: number } {
  const words = text.trim() === '' ? 0 : text.trim().split(/\s+/u).length;
  // Counting code points is exact enough for a filter, and quick.
  let chars = text.length;
  for (let at = 0; at < text.length; at += 1)
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800) chars -= 1;
  return { words, chars };
}

/** @param isDuplicate is not known from one row alone. */
export function factsOf(row: RowView, isDuplicate = false): RowFacts {
  let [words, chars] = [0, 0];
  for (const { value } of row.answers) {
    const long = lengths(textOf(value));
    words = Math.max(words, long.words);
    chars = Math.max(chars, long.chars);
  }
  return {
    isOk: row.status === 'ok',
    kind: row.failure?.kind ?? '',
    model: row.model ?? '',
    styles: [...row.answers, ...row.fields].map(({ name }) => name),
    reviewed: row.reviewed ?? 'none',
    isEdited: row.edited === true,
    differs: row.differs === true,
    isDuplicate,
    ...{ words, chars },
    cost: row.costUsd ?? 0,
    at: row.at === undefined ? 0 : Date.parse(row.at),
  };
}

export function nameOf({ pictures }: Pick<RowView, 'pictures'>): string {
  return pictures.map(({ name }) => name).join(' · ');
}

/** What tells that two rows say the same; empty if there is nothing to compare. */
export function sayingOf({ answers }: RowView): string {
  const [first] = answers.filter(({ value }) => !isList(value));
  return first ? textOf(first.value).trim().toLowerCase().replace(/\s+/gu, ' ') : '';
}

/** Whether a query looks into the words, which takes the whole row. */
export function readsWords({ q, tag, over, style }: Query): boolean {
  return isGiven(q) || isGiven(tag) || (isGiven(over) && isGiven(style));
}

/** Whether a query leaves out nothing, and puts the rows into no other order. */
export function isOpen(query: Query): boolean {
  return Object.values(query).every((value) => !isGiven(value));
}

/** The parts of a query. */
export const QUERY_NAMES = [
  ...(['q', 'style', 'status', 'kind', 'reviewed', 'edited', 'over', 'tag', 'model'] as const),
  ...(['cost', 'differs', 'duplicates', 'sort', 'order'] as const),
] satisfies readonly (keyof Query)[];

const isGiven = (value: string | undefined) => value !== undefined && value !== '';

export function matchesFacts(facts: RowFacts, query: Query): boolean {
  const { style, status, kind, reviewed, edited, over, model, cost } = query;
  if (isGiven(style) && !facts.styles.includes(style ?? '')) return false;
  if (isGiven(status) && facts.isOk !== (status === 'ok')) return false;
  if (isGiven(kind) && facts.kind !== kind) return false;
  if (reviewed === 'any' && facts.reviewed === 'none') return false;
  if (isGiven(reviewed) && reviewed !== 'any') {
    if (facts.reviewed !== reviewed || !facts.isOk) return false;
  }
  if (isGiven(edited) && facts.isEdited !== (edited === 'yes')) return false;
  if (isGiven(model) && facts.model !== model) return false;
  if (isGiven(cost) && !(facts.cost > Number(cost))) return false;
  if (isGiven(query.differs) && !facts.differs) return false;
  if (isGiven(query.duplicates) && !facts.isDuplicate) return false;
  return !isGiven(over) || isGiven(style) || isOver(facts, over ?? '');
}

/** Whether the words of a row match. */
export function matchesWords(
  row: RowView,
  { q = '', tag = '', over = '', style = '' }: Query,
): boolean {
  if (tag !== '' && !tagsOf(row).includes(tag)) return false;
  if (over !== '' && style !== '') {
    const named = row.answers.find(({ name }) => name === style);
    if (!named || !isOver(lengths(textOf(named.value)), over)) return false;
  }
  const wanted = q.trim().toLowerCase();
  if (wanted === '') return true;
  const text = wordsOf(row);
  return wanted.split(/\s+/u).every((word) => text.includes(word));
}

/** All that is searched, in lower case. */
function wordsOf(row: RowView): string {
  const texts = [
    nameOf(row),
    ...row.answers.map(({ value }) => textOf(value)),
    ...row.fields.map(({ value }) => textOf(value)),
    ...row.boxes.map(({ label }) => label),
    ...row.verdicts.flatMap(({ claim, evidence }) => [claim, evidence]),
    row.failure?.message ?? '',
    textOf(row.place),
  ];
  return texts.join('\n').toLowerCase();
}

function isOver({ words, chars }: { words: number; chars: number }, over: string): boolean {
  const [, what, sign, limit] = /^(words|chars)([<>])(\d+)$/.exec(over) ?? [];
  if (what === undefined) return true;
  const length = what === 'words' ? words : chars;
  return sign === '>' ? length > Number(limit) : length < Number(limit);
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Compares the names of two rows. */
export function compareNames(one: string, other: string): number {
  return collator.compare(one, other);
}

/** The numbers by which rows can be put into order. */
export const SORT_NUMBERS: Readonly<Record<string, (facts: RowFacts) => number>> = {
  words: ({ words }) => words,
  chars: ({ chars }) => chars,
  cost: ({ cost }) => cost,
  at: ({ at }) => at,
  status: ({ isOk }) => Number(isOk),
};

export function emptyCounts() {
  return {
    ...{ all: 0, ok: 0, failed: 0, accepted: 0, rejected: 0, unreviewed: 0, edited: 0 },
    ...{ differs: 0, duplicates: 0 },
    styles: new Map<string, number>(),
    kinds: new Map<string, number>(),
    models: new Map<string, number>(),
    tags: new Map<string, number>(),
  };
}

/** Counts a row. Those with an answer are accepted, rejected or unreviewed. */
export function count(counts: ReturnType<typeof emptyCounts>, facts: RowFacts): void {
  counts.all += 1;
  counts[facts.isOk ? 'ok' : 'failed'] += 1;
  if (facts.isOk) counts[facts.reviewed === 'none' ? 'unreviewed' : facts.reviewed] += 1;
  if (facts.isEdited) counts.edited += 1;
  if (facts.differs) counts.differs += 1;
  if (facts.isDuplicate) counts.duplicates += 1;
  for (const style of facts.styles) more(counts.styles, style);
  if (facts.kind !== '') more(counts.kinds, facts.kind);
  if (facts.model !== '') more(counts.models, facts.model);
}

export function more(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const MOST_TAGS = 200;

export function countsAsData(counts: ReturnType<typeof emptyCounts>): Counts {
  const tags = [...counts.tags].sort(([, one], [, other]) => other - one).slice(0, MOST_TAGS);
  return {
    ...counts,
    styles: Object.fromEntries(counts.styles),
    kinds: Object.fromEntries(counts.kinds),
    models: Object.fromEntries(counts.models),
    tags: Object.fromEntries(tags),
  };
}
