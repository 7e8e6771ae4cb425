import { usageError } from '../domain/error.js';
import type { AnswerValue, Replaced, Replacement, RowView } from './api.js';
import type { LedgerView } from './ledger-view.js';
import { arePositions, objectIn } from './server.js';

/** So many changed texts are shown and made at once. */
const MOST_REPLACED = 5000;

export interface FoundReplaced {
  changes: readonly Replaced[];
  /** Whether there are more than are shown. */
  isMore: boolean;
}

/**
 * What a replacement would change in some rows; nothing is changed by this.
 *
 * @throws GeminiImageError of kind `usage` if nothing is looked for.
 */
export async function findReplaced(body: unknown, view: LedgerView): Promise<FoundReplaced> {
  const { positions, replacement } = objectIn(body) ?? {};
  const wanted = replacementIn(replacement);
  if (!arePositions(positions) || !wanted) throw usageError('that is no replacement');
  const replace = replacer(wanted);
  const changes: Replaced[] = [];
  for (const position of positions) {
    const row = view.view(position);
    if (row) changes.push(...replacedIn(row, wanted, replace));
    if (changes.length > MOST_REPLACED) break;
  }
  return { changes: changes.slice(0, MOST_REPLACED), isMore: changes.length > MOST_REPLACED };
}

function replacementIn(value: unknown): Replacement | undefined {
  const { find, put, answer, isCaseSensitive, isWholeWords } = objectIn(value) ?? {};
  if (typeof find !== 'string' || find === '' || typeof put !== 'string') return undefined;
  return {
    ...{ find, put },
    ...(typeof answer === 'string' && answer !== '' && { answer }),
    isCaseSensitive: isCaseSensitive === true,
    isWholeWords: isWholeWords === true,
  };
}

function replacer({ find, put, isCaseSensitive, isWholeWords }: Replacement) {
  const literal = find.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  // A letter or digit beside it would make it a part of a word, in every script.
  const pattern = isWholeWords ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
  const expression = new RegExp(pattern, isCaseSensitive ? 'gu' : 'giu');
  return (text: string) => text.replace(expression, () => put);
}

function replacedIn(
  row: RowView,
  { answer: only }: Replacement,
  replace: (text: string) => string,
): Replaced[] {
  const names = row.pictures.map(({ name }) => name);
  return row.answers.flatMap(({ name, value: before }) => {
    if (only !== undefined && only !== name) return [];
    const after = replacedValue(before, replace);
    if (JSON.stringify(after) === JSON.stringify(before)) return [];
    return [{ position: row.position, names, answer: name, before, after }];
  });
}

function replacedValue(value: AnswerValue, replace: (text: string) => string): AnswerValue {
  if (typeof value === 'string') return replace(value);
  if (isTexts(value)) {
    const replaced = value.map((one) => replace(one).trim()).filter((one) => one !== '');
    return [...new Set(replaced)];
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, typeof one === 'string' ? replace(one) : one]),
  );
}

function isTexts(value: AnswerValue): value is readonly string[] {
  return Array.isArray(value);
}
