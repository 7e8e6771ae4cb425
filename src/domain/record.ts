import type { ErrorKind, GeminiImageError } from './error.js';
import type { Known } from './known.js';
import type { Tier } from './model-settings.js';
import type { StyleAnswers } from './style-answers.js';
import type { Usage } from './usage.js';

/** A finished answer of the model, before it is joined with the picture it belongs to. */
export interface Answer<Data = unknown> {
  text: string;
  finishReason: string;
  /** The model that answered; with an alias such as `gemini-flash-latest`, the one behind it. */
  model: string;
  /** The model that was asked, if another one answered. */
  askedModel?: string;
  /** The service tier that served it, if the answer says so. */
  tier?: Tier;
  /** Tokens of all attempts together; absent if the service sent no usage. */
  usage?: Usage;
  /** The cost of all attempts in US dollars, by the price table; absent if a price is not known. */
  costUsd?: number;
  /** What of `usage` and `costUsd` was for matching words of the answer with a vocabulary. */
  matching?: { usage?: Usage; costUsd?: number };
  /** The value of an answer that was asked for as JSON. */
  data?: Data;
  /** Set if several styles were asked for; `text` is then the first of these answers. */
  answers?: StyleAnswers;
  /** The styles whose answers stayed wrong and were left out (`--keep-good`), with what was wrong. */
  leftOut?: Readonly<Record<string, string>>;
  /** The model found nothing to say, which is an answer too: `text` is empty. */
  empty?: true;
}

/**
 * Everything that can be done to a picture before it is sent, in the order in which it is done.
 * `preview`: it is the picture inside a camera's raw file. `damaged`: some of its pixels are
 * missing. `mended`: only the mark of its end was missing.
 */
export const CHANGES = [
  'preview',
  'damaged',
  'mended',
  'flattened',
  'turned',
  'shrunk',
  'converted',
  'stripped',
] as const;
export type Change = (typeof CHANGES)[number];

/** A picture as it was sent. */
export interface SentPicture {
  mimeType: string;
  /** Absent for a PDF, as is the height. */
  width?: number;
  height?: number;
  bytes: number;
  /** Empty if the file went out byte for byte. */
  changes: readonly Change[];
}

/**
 * What the file holds. Width and height are stored pixels, before EXIF turns the picture. For HEIC
 * and HEIF, whose files turn the picture themselves, they are pixels as displayed.
 */
export interface PictureFacts {
  mimeType: string;
  /** Absent for a PDF, as is the height. */
  width?: number;
  height?: number;
  /** Size of the file in bytes. */
  size: number;
  /** When the file was last changed, in ISO 8601; absent if there is no file. */
  mtime?: string;
  /**
   * The EXIF orientation, 2 to 8, by which the stored pixels are turned before they are sent; absent
   * if they are upright.
   */
  orientation?: number;
  /**
   * How many pages, frames or pictures the file has; one is looked at, but for a PDF, which is read
   * as a whole. Absent if it has one, and for a PDF that does not say.
   */
  pages?: number;
  /** The page that was looked at, from 1, if pages were asked for one by one. */
  page?: number;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  sha256: string;
  /**
   * The picture's identity: SHA-256, in hexadecimal, of everything that decides how it looks. It
   * stays the same when EXIF, XMP, IPTC or comments change. Absent in records of builds before 0.1.0.
   */
  pictureSha256?: string;
  sent: SentPicture;
}

/** A picture of a record, by its name. */
export interface NamedPicture extends PictureFacts {
  /** As the user named it; `-` for standard input. */
  image: string;
  /** What the model was told about it; absent if nothing was. */
  known?: Known;
}

/** A question in a few words, so that people and scripts can tell one from another. */
export interface AskedInWords {
  style?: string;
  /** A BCP 47 tag. */
  lang?: string;
  /** The first words of the prompt; an ellipsis stands for the others. */
  prompt: string;
  /** The beginning of the SHA-256 of the schema, in hexadecimal. */
  schema?: string;
}

/** What every record of an answer says in addition. */
export interface AnswerFacts {
  /** What was asked, in words; absent in records of builds before 0.1.0. */
  asked?: AskedInWords;
  /**
   * Fingerprint of everything but the picture that the answer depends on: model, prompt, style and
   * options. Records of the same picture with the same fingerprint answer the same question.
   */
  request: string;
  /**
   * Set if there are `answers`: for each of them the fingerprint of its style, which is the same as if
   * that style was asked alone. `request` then stands for all of them together.
   */
  requests?: Readonly<Record<string, string>>;
  /** The answer came from the cache on this machine, and cost nothing. */
  cached?: true;
  /** The name under which the same picture was asked about before; this record cost nothing. */
  copiedFrom?: string;
  /** The job of the Batch API that answered, `batches/` and an id; its answers cost half. */
  batch?: string;
}

/** The value of a field of a picture's metadata: a text, or the entries of a list. */
export type FieldValue = string | readonly string[];

/** What was written into a picture's metadata. */
export interface Written {
  /** The name of the file that was written, in the folder of the picture. */
  to: string;
  /** By the field's name, such as `XMP-dc:Title`. */
  fields: Readonly<Record<string, WrittenField>>;
}

export interface WrittenField {
  /** Null stands for no value. */
  old: FieldValue | null;
  new: FieldValue | null;
  /** A person wrote these words, so that no later answer replaces them. */
  edited?: true;
}

/** What a person said about an answer, in a record that is a copy of it. */
export interface ReviewFacts {
  /** True if a person changed the words; false if a person put back those of the model. */
  edited?: boolean;
  reviewed?: 'accepted' | 'rejected';
  /** The name that the person gave. */
  by?: string;
  /** When, in ISO 8601. */
  at?: string;
}

export interface OkRecord<Data = unknown>
  extends Answer<Data>,
    NamedPicture,
    AnswerFacts,
    ReviewFacts {
  status: 'ok';
  /** What was written into the picture's metadata, or into its sidecar. */
  written?: Written;
  /** From the first byte read to the last byte of the answer, retries and waits included. */
  durationMs: number;
}

/** The kind of harm for which an answer was blocked, in the API's words. */
export interface SafetyRating {
  /** Such as `HARM_CATEGORY_DANGEROUS_CONTENT`. */
  category: string;
  /** Such as `HIGH`. */
  probability: string;
}

export interface ErrorRecord {
  kind: ErrorKind;
  message: string;
  hint?: string;
  httpStatus?: number;
  retryable: boolean;
  /** The API's word for how the answer ended, if there was one. */
  finishReason?: string;
  partialText?: string;
  /** Of several styles, the answers that were right although another one stayed wrong. */
  partialAnswers?: StyleAnswers;
  /** Why an answer or a prompt was blocked for safety, if the service said so. */
  safety?: SafetyRating;
}

/** What a failed record says about an answer that was billed all the same. */
export interface Billed {
  /** The service tier that served the last attempt, if the service said so. */
  tier?: Tier;
  usage?: Usage;
  costUsd?: number;
  /** The job of the Batch API in which it failed. */
  batch?: string;
}

/** What a failed record says about its question, if that is known. */
export interface Unanswered extends Pick<Partial<AnswerFacts>, 'asked' | 'request' | 'requests'> {
  /** The place of a picture in a page: it may be asked about at several. */
  known?: Pick<Known, 'page'>;
}

export interface FailedRecord extends Billed, Unanswered {
  image: string;
  status: 'failed';
  error: ErrorRecord;
}

/** One answer about several pictures. */
export interface TogetherOkRecord<Data = unknown> extends Answer<Data>, AnswerFacts, ReviewFacts {
  /** The name of the group, if there was a question for each of several groups. */
  group?: string;
  images: readonly NamedPicture[];
  status: 'ok';
  durationMs: number;
}

export interface TogetherFailedRecord extends Billed, Unanswered {
  group?: string;
  images: readonly { image: string }[];
  status: 'failed';
  error: ErrorRecord;
}

/** The outcome of a question, as written to JSON and JSONL. See `docs/output-format.md`. */
export type CaptionRecord<Data = unknown> =
  | OkRecord<Data>
  | FailedRecord
  | TogetherOkRecord<Data>
  | TogetherFailedRecord;

/** The same record with its pictures under other names. */
export function withNames<Data>(
  record: CaptionRecord<Data>,
  rename: (image: string) => string,
): CaptionRecord<Data> {
  if ('image' in record) return { ...record, image: rename(record.image) };
  const renamed = <Named extends { image: string }>(one: Named) => ({
    ...one,
    image: rename(one.image),
  });
  return record.status === 'ok'
    ? { ...record, images: record.images.map(renamed) }
    : { ...record, images: record.images.map(renamed) };
}

/** An error as records show it. */
export function errorRecord(error: GeminiImageError): ErrorRecord {
  return {
    kind: error.kind,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
    retryable: error.retryable,
    ...(error.finishReason !== undefined && { finishReason: error.finishReason }),
    ...(error.partialText !== undefined && { partialText: error.partialText }),
    ...(error.partialAnswers !== undefined && { partialAnswers: error.partialAnswers }),
    ...(error.safety !== undefined && { safety: error.safety }),
  };
}
