import { isObject } from '../domain/json.js';
import type { CaptionRecord, NamedPicture } from '../domain/record.js';
import { displayName, isWebAddress } from '../images/find/reference.js';
import {
  type Answered,
  answersIn,
  fieldsIn,
  isOfPerson,
  type NamedAnswer,
  type NamedField,
  type PictureRow,
  placeOf,
  reviewOf,
} from '../records/rows/picture-row.js';
import type {
  AnswerView,
  BoxView,
  FieldKind,
  FieldView,
  PictureView,
  ReviewView,
  RowView,
  VerdictView,
} from './api.js';

/** What a view needs besides the row. */
export interface ViewOptions {
  /** All answers that the row ever had, from oldest to newest. */
  history: readonly Answered[];
  nameOf(part: ReturnType<typeof answersIn>[number]): string;
  /** The values that a field may have, if that is known. */
  choicesOf?: ((field: string) => readonly string[] | undefined) | undefined;
}

/** What the page shows of a row of the ledger. */
export function rowView(row: PictureRow, options: ViewOptions): RowView {
  const { position } = row;
  if (row.status === 'failed') {
    const { kind, message, hint, partialText } = row.record.error;
    const { costUsd } = row.record;
    return {
      position,
      pictures: row.pictures.map((picture, number) => pictureView(picture, position, number)),
      status: 'failed',
      ...placeIn(row.record),
      ...{ answers: [], fields: [], boxes: [], verdicts: [] },
      failure: {
        ...{ kind, message },
        ...(hint !== undefined && { hint }),
        ...(partialText !== undefined && { partialText }),
      },
      ...(costUsd !== undefined && { costUsd }),
    };
  }
  const answers = [...row.answers].map(([name, answer]) => answerView(name, answer, options));
  const fields = [...row.fields]
    .filter(([name]) => !OWN_FIELDS.includes(name))
    .map(([name, field]) => fieldView(name, field, options));
  const { boxes, verdicts } = findings(row.fields);
  const counting = row.records.filter((record) =>
    [...row.answers.values(), ...row.fields.values()].some((one) => one.record === record),
  );
  const costs = options.history.length > 0 ? options.history : row.records;
  const costUsd = costs.reduce((sum, record) => sum + (record.costUsd ?? 0), 0);
  return {
    position,
    pictures: row.pictures.map((picture, number) => pictureView(picture, position, number)),
    status: 'ok',
    ...placeIn(row.newest),
    answers,
    fields,
    ...{ boxes, verdicts },
    model: row.newest.model,
    ...(costUsd > 0 && { costUsd }),
    ...reviewOfAll(counting),
    ...([...answers, ...fields].some(({ other }) => other !== undefined) && { differs: true }),
  };
}

function placeIn(record: CaptionRecord): Pick<RowView, 'place'> {
  const place = placeOf(record);
  return place ? { place } : {};
}

/** Fields of `detect` and `check`, which are shown in a form of their own. */
const OWN_FIELDS = ['boxes', 'verdicts', 'dropped', 'convertedFrom'];

function pictureView(
  picture: { image: string } | NamedPicture,
  position: number,
  number: number,
): PictureView {
  const { image } = picture;
  const size = 'width' in picture ? sizeAsSeen(picture) : {};
  if (image === '-' || isWebAddress(image)) return { name: shownName(image), ...size };
  const version = 'sha256' in picture ? picture.sha256.slice(0, 12) : '';
  const at = `/picture/${position}/${number}?v=${version}&size=`;
  return { name: image, thumb: `${at}small`, large: `${at}large`, ...size };
}

/** What the page calls a picture: an address without the parts that may hold a secret. */
export function shownName(image: string): string {
  return isWebAddress(image) ? displayName(image) : image;
}

/** EXIF's orientations from 5 on lay a picture on its side. HEIC gives its size as it is seen. */
function sizeAsSeen({ width, height, orientation = 1 }: NamedPicture) {
  if (width === undefined || height === undefined) return {};
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

function reviewView(record: Answered): ReviewView {
  const { edited, reviewed, by, at } = reviewOf(record);
  return {
    ...(edited && { edited: true }),
    ...(reviewed && { reviewed }),
    ...(by !== undefined && { by }),
    ...(at !== undefined && isOfPerson(record) && { at }),
  };
}

/** A row is accepted if all of its answers are, and rejected if one of them is. */
function reviewOfAll(records: readonly Answered[]): ReviewView {
  const all = records.map(reviewView);
  const isRejected = all.some(({ reviewed }) => reviewed === 'rejected');
  const isAccepted = all.length > 0 && all.every(({ reviewed }) => reviewed === 'accepted');
  const reviewed = isRejected ? 'rejected' : isAccepted ? 'accepted' : undefined;
  const last = all.filter(({ at }) => at !== undefined).at(-1);
  return {
    ...(all.some(({ edited }) => edited) && { edited: true }),
    ...(reviewed && { reviewed }),
    ...(last?.by !== undefined && { by: last.by }),
    ...(last?.at !== undefined && { at: last.at }),
  };
}

function answerView(name: string, answer: NamedAnswer, options: ViewOptions): AnswerView {
  const { value, style, record } = answer;
  const { lang } = record.asked ?? {};
  const other = otherAnswer(name, answer, options);
  return {
    name,
    value,
    ...(style !== undefined && { style }),
    ...(lang !== undefined && { lang }),
    model: record.model,
    ...reviewView(record),
    ...(other && { other }),
  };
}

/** The newest answer under the same name that says something else. */
function otherAnswer(
  name: string,
  { value, record }: NamedAnswer,
  { history, nameOf }: ViewOptions,
): AnswerView['other'] {
  return otherValue(value, record, history, (other) =>
    answersIn(other).find((part) => nameOf(part) === name),
  );
}

/** The same of a field. */
function otherField(
  name: string,
  { value, record }: NamedField,
  { history }: ViewOptions,
): FieldView['other'] {
  return otherValue(value, record, history, (other) => {
    const fields = fieldsIn(other);
    return Object.hasOwn(fields, name) ? { value: fields[name] } : undefined;
  });
}

function otherValue<Value>(
  value: Value,
  record: Answered,
  history: readonly Answered[],
  valueIn: (other: Answered) => { value: Value } | undefined,
): { value: Value; model: string; isNewer: boolean } | undefined {
  const said = JSON.stringify(value);
  const current = history.findLastIndex(({ at, text, request, durationMs }) =>
    at === record.at && text === record.text && request === record.request
      ? durationMs === record.durationMs
      : false,
  );
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const other = history[index];
    if (!other || index === current) continue;
    const part = valueIn(other);
    if (part === undefined || JSON.stringify(part.value) === said) continue;
    return { value: part.value, model: other.model, isNewer: index > current };
  }
  return undefined;
}

function fieldView(name: string, field: NamedField, options: ViewOptions): FieldView {
  const { value, record } = field;
  const choices = options.choicesOf?.(name);
  const other = otherField(name, field, options);
  return {
    ...{ name, value, kind: kindOf(value) },
    ...(choices && { choices }),
    ...reviewView(record),
    ...(other && { other }),
  };
}

function kindOf(value: unknown): FieldKind {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return isTexts ? 'list' : 'other';
}

function findings(fields: ReadonlyMap<string, NamedField>) {
  const boxes: BoxView[] = [];
  for (const one of objectsIn(fields.get('boxes')?.value)) {
    const at = boxIn(one.normalized);
    if (at) boxes.push({ label: String(one.label ?? ''), at });
  }
  const verdicts: VerdictView[] = objectsIn(fields.get('verdicts')?.value).map((one) => {
    const { claim, verdict, evidence } = one;
    const at = boxIn(one.normalized);
    const box = at && boxes.push({ label: String(claim), at }) - 1;
    return {
      ...{ claim: String(claim ?? ''), verdict: String(verdict ?? '') },
      evidence: String(evidence ?? ''),
      ...(box !== undefined && { box }),
    };
  });
  return { boxes, verdicts };
}

function objectsIn(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function boxIn(value: unknown): BoxView['at'] | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [a, b, c, d] = value;
  const numbers = [a, b, c, d].every((one) => typeof one === 'number' && Number.isFinite(one));
  return numbers ? [a, b, c, d] : undefined;
}
