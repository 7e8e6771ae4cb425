// Reads the answers that a ledger has, and makes whole records of them.
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import {
  answerIn,
  firstText,
  type StyleAnswer,
  type StyleAnswers,
} from '../domain/style-answers.js';
import type { FileFacts } from '../images/identity/identify-file.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { ofStyles } from './fingerprint.js';
import type { FoundEntry, RecordedAnswer } from './recorded-answers.js';

/**
 * Reads the whole record of an answer. If it has to be recorded again for its picture, or put
 * together from several records, that is done.
 *
 * @throws GeminiImageError of kind `usage` if the ledger cannot be read or written.
 */
export async function readAnswer(
  { entries, isWhole, copyFor }: RecordedAnswer,
  ledger: Pick<Ledger, 'read' | 'append'>,
): Promise<OkRecord | TogetherOkRecord> {
  const [first] = entries;
  if (!first) throw new Error('an answer without an entry');
  const record = await ledger.read(first.entry);
  if (isWhole && !copyFor) return record;
  const whole = isWhole ? record : recordOf(record, entries, await readStyles(entries, ledger));
  const copied = copyFor ? copiedRecord(whole, copyFor.image, copyFor.facts) : whole;
  await ledger.append(copied);
  return copied;
}

/**
 * The answers to some of several styles.
 *
 * @throws GeminiImageError of kind `usage` if the ledger cannot be read.
 */
export async function readStyles(
  entries: readonly FoundEntry[],
  ledger: Pick<Ledger, 'read'>,
): Promise<StyleAnswers> {
  const records = new Map<number, OkRecord | TogetherOkRecord>();
  const answers: [string, StyleAnswer][] = [];
  for (const { style = '', request, entry } of entries) {
    const record = records.get(entry.at) ?? (await ledger.read(entry));
    records.set(entry.at, record);
    answers.push([style, answerTo(request, record)]);
  }
  return Object.fromEntries(answers);
}

/** What a record answers to one question. Its style may have had another name. */
function answerTo(request: string, record: OkRecord | TogetherOkRecord): StyleAnswer {
  const { answers = {}, requests = {} } = record;
  const style = Object.keys(answers).find((style) => requests[style] === request);
  return (style === undefined ? undefined : answers[style]) ?? answerIn(record);
}

/** A record of exactly these answers, without a call of its own. */
function recordOf(
  record: OkRecord | TogetherOkRecord,
  entries: readonly FoundEntry[],
  answers: StyleAnswers,
): OkRecord | TogetherOkRecord {
  const [first, ...others] = entries;
  const styles = entries.map(({ style = '' }) => style);
  const requests = Object.fromEntries(entries.map(({ style = '', request }) => [style, request]));
  const [only = ''] = Object.values(answers);
  const { asked } = record;
  const changed = {
    text: firstText(answers),
    ...(firstText(answers) === '' && { empty: true as const }),
    ...(asked && { asked: { ...asked, ...(first?.style && { style: styles.join(',') }) } }),
    ...(others.length > 0
      ? { answers, ...ofStyles(requests) }
      : { request: first?.request ?? '', ...(typeof only !== 'string' && { data: only }) }),
    costUsd: 0,
    durationMs: 0,
  };
  return 'image' in record
    ? { ...withoutAnswer(record), ...changed }
    : { ...withoutAnswer(record), ...changed };
}

/** The facts of a record besides its answer, its questions and its bill. */
function withoutAnswer<Answered extends Partial<OkRecord>>(record: Answered) {
  const { data: _, empty: __, answers: ___, leftOut: ____, ...facts } = record;
  const { requests: _____, usage: ______, cached: _______, written: ________, ...others } = facts;
  // What a person said was said of one answer, and this record has several.
  const {
    edited: _________,
    reviewed: __________,
    by: ___________,
    at: ____________,
    ...rest
  } = others;
  return rest;
}

/** A record with the same answer about the same picture, without a new call. */
function copiedRecord(
  record: OkRecord | TogetherOkRecord,
  image: string,
  now: FileFacts,
): OkRecord {
  if (!('image' in record)) throw new Error('a record of several pictures stands for one');
  // What was written, was written under the other name; whoever wants to know looks there.
  const {
    image: _,
    status,
    usage: __,
    cached: ___,
    mtime: ____,
    written: _____,
    matching: ______,
    ...facts
  } = record;
  return {
    image,
    status,
    ...facts,
    ...now,
    costUsd: 0,
    copiedFrom: record.copiedFrom ?? record.image,
    durationMs: 0,
  };
}
