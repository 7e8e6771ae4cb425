// What a person does to an answer, as records for the ledger.
import { usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { OkRecord, ReviewFacts } from '../domain/record.js';
import { firstText, type StyleAnswer, type StyleAnswers } from '../domain/style-answers.js';
import {
  type Answered,
  type AnsweredRow,
  fieldsIn,
  type PictureRow,
  reviewOf,
} from '../records/rows/picture-row.js';
import type { AnswerValue, Change, ReplacedWords } from './api.js';
import { textOf } from './matching.js';
import { shownName } from './row-view.js';

/** The longest text that a person may write, in characters. */
const MOST_CHARACTERS = 1_000_000;

export interface Recorded {
  records: readonly Answered[];
  /** What the change replaces, if that is not what the person saw. */
  replaced?: ReplacedWords | undefined;
}

/**
 * The records that say a change; none if they would say what is there already.
 *
 * @throws GeminiImageError of kind `usage` if the row is not the one that the person saw, or has no
 *   such answer.
 */
export function recordsOf(change: Change, row: PictureRow, by: string | undefined): Recorded {
  const names = row.pictures.map(({ image }) => shownName(image));
  if (JSON.stringify(names) !== JSON.stringify(change.names)) {
    throw usageError('the ledger has another picture there now', 'Load the page again.');
  }
  if (row.status === 'failed') throw usageError('it has no answer yet that could be reviewed');
  if (change.answer) return answerChange(change, change.answer, row, by);
  if (change.field) return fieldChange(change, change.field, row, by);
  return { records: reviewChange(change, row, by) };
}

function answerChange(
  change: Change,
  { name, value, before }: NonNullable<Change['answer']>,
  row: AnsweredRow,
  by: string | undefined,
): Recorded {
  const answer = row.answers.get(name);
  if (!answer) throw usageError(`it has no answer called ${name}`);
  expectAnswer(value, answer.value);
  const { record, style } = answer;
  const facts = factsAfter(change, record, by);
  if (isSame(value, answer.value) && isSameReview(facts, record)) return { records: [] };
  const replaced = isSame(before, answer.value)
    ? undefined
    : { answer: answer.value, ...saidOf(record) };
  return { records: [copyOf(record, { ...withAnswer(record, style, value), ...facts })], replaced };
}

/** @throws GeminiImageError of kind `usage` if an answer would become one of another kind. */
function expectAnswer(value: AnswerValue, before: AnswerValue): void {
  const isRight =
    typeof before === 'string'
      ? typeof value === 'string'
      : Array.isArray(before)
        ? Array.isArray(value) && value.every((one) => typeof one === 'string')
        : isObject(value) && Object.keys(before).every((key) => typeof value[key] === 'string');
  if (!isRight) throw usageError('that is no answer of this kind');
  if (textOf(value).length > MOST_CHARACTERS) throw usageError('that is too long for an answer');
}

function withAnswer(record: Answered, style: string | undefined, value: AnswerValue) {
  const { answers } = record;
  const answer = asStyleAnswer(value);
  if (answers && style !== undefined) {
    const changed: StyleAnswers = { ...answers, [style]: answer };
    return { answers: changed, ...withText(firstText(changed)) };
  }
  const isData = typeof value !== 'string';
  return { ...withText(firstText({ answer })), ...(isData && { data: value }) };
}

/** No text is an answer too, if it is said to be empty. */
function withText(text: string) {
  return { text, ...(text === '' && { empty: true as const }) };
}

function asStyleAnswer(value: AnswerValue): StyleAnswer {
  if (typeof value === 'string' || isTexts(value)) return value;
  const { alt, description } = value;
  return { alt: String(alt ?? ''), description: String(description ?? '') };
}

function isTexts(value: AnswerValue): value is readonly string[] {
  return Array.isArray(value);
}

function fieldChange(
  change: Change,
  { name, value, before }: NonNullable<Change['field']>,
  row: AnsweredRow,
  by: string | undefined,
): Recorded {
  const field = row.fields.get(name);
  if (!field || !(name in fieldsIn(field.record))) throw usageError(`it has no field ${name}`);
  const { record } = field;
  const facts = factsAfter(change, record, by);
  if (isSame(value, field.value) && isSameReview(facts, record)) return { records: [] };
  if (JSON.stringify(value).length > MOST_CHARACTERS) throw usageError('that is too long');
  const data = { ...fieldsIn(record), [name]: value };
  const replaced = isSame(before, field.value)
    ? undefined
    : { field: field.value, ...saidOf(record) };
  return {
    records: [copyOf(record, { data, text: JSON.stringify(data), ...facts })],
    replaced,
  };
}

/** A review is about all that is shown of a picture: each record that gives an answer or a field. */
function reviewChange(change: Change, row: AnsweredRow, by: string | undefined): Answered[] {
  const shown = new Set([...row.answers.values(), ...row.fields.values()].map((one) => one.record));
  return row.records.flatMap((record) => {
    if (!shown.has(record)) return [];
    const facts = factsAfter(change, record, by);
    return isSameReview(facts, record) ? [] : [copyOf(record, facts)];
  });
}

/** What is said of an answer once a change is made. */
function factsAfter(change: Change, record: Answered, by: string | undefined): ReviewFacts {
  const before = reviewOf(record);
  const who = { ...(by !== undefined && { by }), at: change.at };
  const { restore, review } = change;
  if (restore) {
    const { reviewed, edited } = restore;
    return { edited, ...(reviewed !== 'none' && { reviewed }), ...who };
  }
  if (review !== undefined) {
    // That nothing is said any more has to be said, too.
    const edited = before.edited || (review === 'none' ? false : undefined);
    return {
      ...(edited !== undefined && { edited }),
      ...(review !== 'none' && { reviewed: review }),
      ...who,
    };
  }
  // New words are no longer those that were rejected.
  return { edited: true, ...(before.reviewed === 'accepted' && { reviewed: 'accepted' }), ...who };
}

function isSameReview({ edited = false, reviewed }: ReviewFacts, record: Answered): boolean {
  const before = reviewOf(record);
  return before.edited === edited && before.reviewed === reviewed;
}

function saidOf(record: Answered): ReplacedWords {
  const { edited, reviewed = 'none', by } = reviewOf(record);
  return { edited, reviewed, ...(by !== undefined && { by }) };
}

/** A copy of a record as a person left it. It cost nothing, and nothing was written by it. */
function copyOf(record: Answered, changed: Partial<OkRecord>): Answered {
  const { usage: _, costUsd: __, cached: ___, ...others } = record;
  const { edited: ____, reviewed: _____, by: ______, at: _______, empty, ...facts } = others;
  const isStillEmpty = empty === true && !('text' in changed);
  const copied = { ...changed, ...(isStillEmpty && { empty: true as const }), durationMs: 0 };
  if (!('image' in facts)) return { ...facts, ...copied };
  const { written: ________, ...unwritten } = facts;
  return { ...unwritten, ...copied };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
