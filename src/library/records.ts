import type { FailedRecord, OkRecord } from '../domain/record.js';

/** A finished description, with facts about the picture and the call. */
export type Description<Data = unknown> = OkRecord<Data>;

/** What came of one of many pictures. */
export type DescribedRecord<Data = unknown> = Description<Data> | FailedRecord;
