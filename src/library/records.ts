import type {
  FailedRecord,
  OkRecord,
  TogetherFailedRecord,
  TogetherOkRecord,
} from '../domain/record.js';

/** A finished description, with facts about the picture and the call. */
export type Description<Data = unknown> = OkRecord<Data>;

/** What came of one of many pictures. */
export type DescribedRecord<Data = unknown> = Description<Data> | FailedRecord;

/** The same of one question about several pictures: `images` has the facts about each. */
export type JointDescription<Data = unknown> = TogetherOkRecord<Data>;

/** What came of one of many groups: `group` is its name. */
export type DescribedGroup<Data = unknown> = JointDescription<Data> | TogetherFailedRecord;
