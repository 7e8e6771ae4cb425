// What a person does to answers: as changes for the server, each with the one that takes it back.
import type {
  AnswerValue,
  AnswerView,
  Change,
  FieldView,
  Replaced,
  ReplacedWords,
  Reviewed,
  RowView,
} from '../api.js';

/** A change, and what takes it back, under the same name. */
export interface Done {
  change: Change;
  back: readonly Change[];
}

type Restored = NonNullable<Change['restore']>;

/**
 * Other words for an answer.
 *
 * @param seen the words that the person began with; none are written if they stay.
 */
export function answerDone(
  row: RowView,
  answer: AnswerView,
  value: AnswerValue,
  seen = answer.value,
): Done[] {
  if (isSame(value, seen)) return [];
  const change = answerChange(row, { ...answer, value: seen }, value);
  return [{ change, back: [{ ...answerBack(row, answer, value), id: change.id }] }];
}

/** Another value for a field, likewise. */
export function fieldDone(row: RowView, field: FieldView, value: unknown, seen: unknown): Done[] {
  if (isSame(value, seen)) return [];
  const change = { ...aboutRow(row), field: { name: field.name, value, before: seen } };
  return [{ change, back: [{ ...fieldBack(row, field, value), id: change.id }] }];
}

/** What brings back words that a change has replaced unseen; `back` is what it had for that before. */
export function backTo(back: Change, { answer, field, edited, reviewed }: ReplacedWords): Change {
  return {
    ...back,
    ...(back.answer && answer !== undefined && { answer: { ...back.answer, value: answer } }),
    ...(back.field && { field: { ...back.field, value: field } }),
    restore: { edited, reviewed },
  };
}

/** Decides between two answers, or values of a field: keeps what is shown, or takes the other one. */
export function decisionDone(
  row: RowView,
  item: AnswerView | FieldView,
  takesOther: boolean,
): Done[] {
  const { name } = item;
  const restore = { edited: false, reviewed: 'accepted' } as const;
  if ('kind' in item) {
    const { value: before, other } = item;
    if (!other) return [];
    const value = takesOther ? other.value : before;
    const change = { ...aboutRow(row), field: { name, value, before }, restore };
    return [{ change, back: [{ ...fieldBack(row, item, value), id: change.id }] }];
  }
  const { value: before, other } = item;
  if (!other) return [];
  const value = takesOther ? other.value : before;
  const change = answerChange(row, item, value, restore);
  return [{ change, back: [{ ...answerBack(row, item, value), id: change.id }] }];
}

export function replacementDone(row: RowView, { answer: name, before, after }: Replaced): Done[] {
  const answer = row.answers.find((one) => one.name === name);
  return answer ? answerDone(row, { ...answer, value: before }, after) : [];
}

/** Says something about all answers of a row. They may have been reviewed one by one before. */
export function reviewDone(row: RowView, review: Reviewed | 'none'): Done {
  const { answers, fields, reviewed: before } = row;
  const isEven = [...answers, ...fields].every(({ reviewed }) => reviewed === before);
  return {
    change: { ...aboutRow(row), review },
    back: isEven
      ? [{ ...aboutRow(row), review: before ?? 'none' }]
      : [
          ...answers.map((answer) => answerBack(row, answer, answer.value)),
          ...fields.map((field) => fieldBack(row, field, field.value)),
        ],
  };
}

function answerChange(
  row: RowView,
  { name, value: before }: AnswerView,
  value: AnswerValue,
  restore?: Restored,
): Change {
  return { ...aboutRow(row), answer: { name, value, before }, ...(restore && { restore }) };
}

/** Puts an answer back that was replaced by another one. */
function answerBack(row: RowView, answer: AnswerView, after: AnswerValue): Change {
  const replaced = { ...answer, value: after };
  return answerChange(row, replaced, answer.value, stateOf(answer));
}

function fieldBack(row: RowView, field: FieldView, before: unknown): Change {
  const { name, value } = field;
  return { ...aboutRow(row), field: { name, value, before }, restore: stateOf(field) };
}

/** The same change, done now: the server takes each one once. */
export function anew(change: Change): Change {
  return { ...change, id: newId(), at: new Date().toISOString() };
}

/** The parts of a row that can be edited, in their order. */
export function editablesOf({ answers, fields }: RowView) {
  return [
    ...answers.map(({ name, value }) => ({
      ...{ kind: 'answer' as const, name, isText: !Array.isArray(value) },
    })),
    ...fields.map(({ name }) => ({ kind: 'field' as const, name, isText: false })),
  ];
}

/** A row as it will be once a change is saved. */
export function withChange(row: RowView, change: Change): RowView {
  const { answer, field, review, restore } = change;
  const said = restore
    ? { edited: restore.edited, reviewed: restore.reviewed }
    : { edited: true, reviewed: undefined };
  if (answer) {
    return {
      ...row,
      ...(said.edited && { edited: true as const }),
      answers: row.answers.map((one) =>
        one.name === answer.name ? { ...one, value: answer.value } : one,
      ),
    };
  }
  if (field) {
    return {
      ...row,
      ...(said.edited && { edited: true as const }),
      fields: row.fields.map((one) =>
        one.name === field.name ? { ...one, value: field.value } : one,
      ),
    };
  }
  const { reviewed: _, ...others } = row;
  return review === undefined || review === 'none' ? others : { ...others, reviewed: review };
}

function aboutRow({ position, pictures }: RowView) {
  return {
    ...{ id: newId(), position, at: new Date().toISOString() },
    names: pictures.map(({ name }) => name),
  };
}

function stateOf({ edited, reviewed }: AnswerView | FieldView): Restored {
  return { edited: edited === true, reviewed: reviewed ?? 'none' };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function newId(): string {
  return crypto.randomUUID();
}
