import { isObject } from '../../domain/json.js';
import { type PagePlace, surroundingsKey } from '../../domain/known.js';
import type {
  CaptionRecord,
  NamedPicture,
  OkRecord,
  TogetherFailedRecord,
  TogetherOkRecord,
} from '../../domain/record.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { AnswerNames, AnswerPart, AnswerValue } from './answer-names.js';

export type Answered = OkRecord | TogetherOkRecord;
export type Failed = Exclude<CaptionRecord, Answered>;

/** What a person said about an answer; see "Human records" in `docs/output-format.md`. */
export interface Review {
  edited: boolean;
  reviewed: 'accepted' | 'rejected' | undefined;
  /** Who it was, if they gave a name. */
  by: string | undefined;
  /** When, in ISO 8601. */
  at: string | undefined;
}

/** The newest answer under one name, such as a style's. */
export interface NamedAnswer {
  value: AnswerValue;
  /** Its name in the record: a style, or undefined if the question had none. */
  style: string | undefined;
  /** The record that it is from. */
  record: Answered;
}

/** The newest value of a field. */
export interface NamedField {
  value: unknown;
  record: Answered;
}

/** A picture, or several that were asked about together, with the newest answer to each question. */
export interface AnsweredRow {
  status: 'ok';
  /** Its number among the rows of the ledger. */
  position: number;
  /** As named in the newest record; several if they were asked about together. */
  pictures: readonly NamedPicture[];
  /** The newest record of each question, from oldest to newest. */
  records: readonly Answered[];
  /** The record that was written last. */
  newest: Answered;
  /** The answers by name, in the order in which the ledger has the names. */
  answers: ReadonlyMap<string, NamedAnswer>;
  /** The fields of all answers that are JSON objects. A newer answer's field replaces an older one's. */
  fields: ReadonlyMap<string, NamedField>;
}

/** A picture without any answer, and its newest failure. */
export interface FailedRow {
  status: 'failed';
  position: number;
  pictures: TogetherFailedRecord['images'];
  record: Failed;
}

export type PictureRow = AnsweredRow | FailedRow;

/** What the records of a row have in common: their pictures and, in pages, the place. */
export function rowKeyOf(record: CaptionRecord): string {
  const key = ledgerKey(namesOf(record));
  const place = placeOf(record);
  // No path and no address can hold a NUL.
  return place === undefined ? key : `${key}\0\0${surroundingsKey(place)}`;
}

/** Where a picture stands in a page, if it was asked about as part of one. */
export function placeOf(record: CaptionRecord): PagePlace | undefined {
  const page = 'known' in record ? record.known?.page : undefined;
  return isObject(page) && Array.isArray(page.at) ? page : undefined;
}

/** Names the pictures of a record, one or several. */
export function namesOf(record: CaptionRecord): string[] {
  return 'image' in record ? [record.image] : record.images.map(({ image }) => image);
}

/** What a person said about a record. */
export function reviewOf(record: CaptionRecord): Review {
  const facts: Readonly<Record<string, unknown>> = { ...record };
  const { reviewed, by, at } = facts;
  return {
    edited: facts.edited === true,
    reviewed: reviewed === 'accepted' || reviewed === 'rejected' ? reviewed : undefined,
    by: typeof by === 'string' ? by : undefined,
    at: typeof at === 'string' ? at : undefined,
  };
}

/** Whether a record is what a person said about an answer. It replaces whatever was there before. */
export function isOfPerson(record: CaptionRecord): boolean {
  return 'edited' in record || 'reviewed' in record;
}

/**
 * Whether a record holds against later answers of a model: a person has edited or accepted it. One
 * that was rejected is replaced by the next answer.
 */
export function isHeld(record: CaptionRecord): boolean {
  if (!isOfPerson(record)) return false;
  const { edited, reviewed } = reviewOf(record);
  return reviewed !== 'rejected' && (edited || reviewed === 'accepted');
}

/** The texts, lists and objects of a record that are answers by themselves; fields are not. */
export function answersIn(record: Answered): AnswerPart[] {
  const { style, lang, prompt } = record.asked ?? {};
  const all = 'answers' in record ? record.answers : undefined;
  if (isObject(all)) {
    return Object.entries(all).flatMap(([name, value]) =>
      isAnswer(value) ? [{ style: name, lang, prompt: undefined, value }] : [],
    );
  }
  const { data } = record;
  const isDescribed = isLongAlt(style, data);
  if (isObject(data) && !isDescribed) return [];
  const value = isDescribed || isTexts(data) ? data : record.text;
  return [{ style, lang, prompt: style === undefined ? prompt : undefined, value }];
}

/** The fields of a record whose answer is a JSON object. */
export function fieldsIn({ asked, data }: Answered): Readonly<Record<string, unknown>> {
  return isObject(data) && !isLongAlt(asked?.style, data) ? data : NONE;
}

const NONE: Readonly<Record<string, unknown>> = {};

function isLongAlt(style: string | undefined, data: unknown): data is Record<string, unknown> {
  return style === 'alt' && isObject(data) && typeof data.alt === 'string';
}

function isAnswer(value: unknown): value is AnswerValue {
  return typeof value === 'string' || isTexts(value) || isObject(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/**
 * Joins the records of one picture into its row.
 *
 * @param records the newest of each question, from oldest to newest; at least one.
 */
export function joinedRow(
  position: number,
  records: readonly CaptionRecord[],
  names: AnswerNames,
): PictureRow {
  const answered = records.filter((record): record is Answered => record.status === 'ok');
  const newest = answered.at(-1);
  if (newest === undefined) return failedRow(position, records);
  const answers = new Map<string, NamedAnswer>();
  const fields = new Map<string, NamedField>();
  /** What each question found, by the name of the field and the question. */
  const findings = new Map<string, Map<string, NamedField>>();
  for (const record of answered) {
    for (const part of answersIn(record)) {
      const name = names.of(part);
      if (!mayReplace(answers.get(name), record)) continue;
      answers.set(name, { value: part.value, style: part.style, record });
    }
    for (const [name, value] of Object.entries(fieldsIn(record))) {
      const isFinding = FINDINGS.includes(name) && Array.isArray(value);
      const [into, key] = isFinding ? [mapIn(findings, name), questionOf(record)] : [fields, name];
      if (mayReplace(into.get(key), record)) into.set(key, { value, record });
      if (isFinding) fields.set(name, { value, record });
    }
  }
  for (const [name, byQuestion] of findings) {
    const record = [...byQuestion.values()].at(-1)?.record ?? newest;
    fields.set(name, { value: [...byQuestion.values()].flatMap(({ value }) => value), record });
  }
  return {
    status: 'ok',
    position,
    pictures: 'image' in newest ? [newest] : newest.images,
    records: answered,
    newest,
    answers: answers.size > 1 ? names.sorted(answers) : answers,
    fields,
  };
}

/** What `detect` and `check` find; what several questions found is all in the picture. */
const FINDINGS = ['boxes', 'verdicts'];

function mayReplace(before: { record: Answered } | undefined, record: Answered): boolean {
  return before === undefined || isOfPerson(record) || !isHeld(before.record);
}

function questionOf({ asked }: Answered): string {
  return JSON.stringify([asked?.style, asked?.lang, asked?.prompt, asked?.schema]);
}

function mapIn<Value>(maps: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const known = maps.get(name) ?? new Map<string, Value>();
  maps.set(name, known);
  return known;
}

function failedRow(position: number, records: readonly CaptionRecord[]): FailedRow {
  const record = records.findLast((one): one is Failed => one.status === 'failed');
  if (record === undefined) throw new Error('a picture without a record');
  const pictures = 'image' in record ? [{ image: record.image }] : record.images;
  return { status: 'failed', position, pictures, record };
}
