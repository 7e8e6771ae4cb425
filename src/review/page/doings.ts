// What a person does to answers: as changes for the server, each with the one that takes it back.
import type {
  AnswerValue,
  AnswerView,
  Change,
  FieldView,
  Replaced,
  Reviewed,
  RowView,
} from '../api.js';

/** A change, and the one that takes it back. */
export interface Done {
  change: Change;
  back: Change;
}

/** Other words for an answer; none if they are what is there. */
export function answerDone(row: RowView, answer: AnswerView, value: AnswerValue): Done[] {
  if (isSame(value, answer.value)) return [];
  const { name, value: before } = answer;
  const about = aboutRow(row);
  return [
    {
      change: { ...about, id: newId(), answer: { name, value, before } },
      back: {
        ...{ ...about, id: newId(), answer: { name, value: before, before: value } },
        restore: stateOf(answer),
      },
    },
  ];
}

/** Another value for a field; none if it is what is there. */
export function fieldDone(row: RowView, field: FieldView, value: unknown): Done[] {
  if (isSame(value, field.value)) return [];
  const { name, value: before } = field;
  const about = aboutRow(row);
  return [
    {
      change: { ...about, id: newId(), field: { name, value, before } },
      back: {
        ...{ ...about, id: newId(), field: { name, value: before, before: value } },
        restore: stateOf(field),
      },
    },
  ];
}

export function reviewDone(row: RowView, review: Reviewed | 'none'): Done {
  const about = aboutRow(row);
  return {
    change: { ...about, id: newId(), review },
    back: { ...about, id: newId(), review: row.reviewed ?? 'none' },
  };
}

/** Decides between two answers: keeps what is shown, or takes the other one. */
export function decisionDone(row: RowView, answer: AnswerView, takesOther: boolean): Done[] {
  const { other, name, value } = answer;
  if (!other) return [];
  const about = aboutRow(row);
  const taken = takesOther ? other.value : value;
  const restore = { edited: false, reviewed: 'accepted' } as const;
  return [
    {
      change: { ...about, id: newId(), answer: { name, value: taken, before: value }, restore },
      back: {
        ...{ ...about, id: newId(), answer: { name, value, before: taken } },
        restore: stateOf(answer),
      },
    },
  ];
}

export function replacementDone(row: RowView, { answer: name, before, after }: Replaced): Done[] {
  const answer = row.answers.find((one) => one.name === name);
  if (!answer) return [];
  const about = aboutRow(row);
  return [
    {
      change: { ...about, id: newId(), answer: { name, value: after, before } },
      back: {
        ...{ ...about, id: newId(), answer: { name, value: before, before: after } },
        restore: stateOf(answer),
      },
    },
  ];
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
  return { position, names: pictures.map(({ name }) => name), at: new Date().toISOString() };
}

function stateOf({ edited, reviewed }: AnswerView | FieldView): NonNullable<Change['restore']> {
  return { edited: edited === true, reviewed: reviewed ?? 'none' };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function newId(): string {
  return crypto.randomUUID();
}
