import type { ErrorKind, GeminiImageError } from './error.js';
import type { Tier } from './model-settings.js';
import type { Usage } from './usage.js';

/** A finished answer of the model, before it is joined with the picture it belongs to. */
export interface Answer<Data = unknown> {
  text: string;
  finishReason: string;
  /** The model that answered, which an alias such as `gemini-flash-latest` does not tell. */
  model: string;
  /** The model that was asked, where another one answered. */
  askedModel?: string;
  /** The service tier that served it, where the answer says so. */
  tier?: Tier;
  /** Absent where the service sent no usage; of all attempts that it took. */
  usage?: Usage;
  /** What all those attempts cost by the price table, in US dollars; absent where a price is not known. */
  costUsd?: number;
  /** The value of an answer that was asked for as JSON. */
  data?: Data;
  /** There is nothing to say, which is an answer: `text` is empty. */
  empty?: true;
}

/**
 * Everything that can be done to a picture before it is sent, in the order in which it is done;
 * `preview` says that it is the one in a camera's raw file, `damaged` that some of its pixels are missing, `mended` that only the mark of its end was.
 */
export const CHANGES = [
  'preview',
  'damaged',
  'mended',
  'turned',
  'shrunk',
  'converted',
  'stripped',
] as const;
export type Change = (typeof CHANGES)[number];

/** A picture as it was sent. */
export interface SentPicture {
  mimeType: string;
  width: number;
  height: number;
  bytes: number;
  /** Empty where the file went out byte for byte. */
  changes: readonly Change[];
}

/**
 * What the file holds. Width and height are stored pixels, before EXIF turning; of HEIC and HEIF, in
 * which turning is part of the picture, pixels as displayed.
 */
export interface PictureFacts {
  mimeType: string;
  width: number;
  height: number;
  /** Of the file, in bytes. */
  size: number;
  /** When the file was last changed, in ISO 8601; absent where there is no file. */
  mtime?: string;
  /**
   * The EXIF orientation, 2 to 8, by which the stored pixels are turned before they are sent; absent
   * where they are upright.
   */
  orientation?: number;
  /** Pages, frames or pictures in the file, of which one is looked at; absent where there is one. */
  pages?: number;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  sha256: string;
  /**
   * The picture's identity: SHA-256, in hexadecimal, over what decides how it is seen, so that it
   * outlives changes of EXIF, XMP, IPTC and comments; absent in records of builds before 0.1.0.
   */
  pictureSha256?: string;
  sent: SentPicture;
}

/** A picture of a record, by its name. */
export interface NamedPicture extends PictureFacts {
  /** As the user named it; `-` for standard input. */
  image: string;
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

/** What every record of an answer says besides. */
export interface AnswerFacts {
  /** What was asked, in words; absent in records of builds before 0.1.0. */
  asked?: AskedInWords;
  /**
   * Fingerprint of everything but the picture that the answer depends on: model, prompt, style and
   * options. Records of the same picture with the same fingerprint answer the same question.
   */
  request: string;
  /** The answer came from the cache on this machine, and cost nothing. */
  cached?: true;
  /** The name of the same picture that was asked about; this record cost nothing. */
  copiedFrom?: string;
}

export interface OkRecord<Data = unknown> extends Answer<Data>, NamedPicture, AnswerFacts {
  status: 'ok';
  /** From the first byte read to the last one answered, retries and waits included. */
  durationMs: number;
}

/** A harm by which an answer was blocked, in the API's words. */
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
  /** The API's word for how the answer ended, where there was one. */
  finishReason?: string;
  partialText?: string;
  /** Of an answer or a prompt that was blocked for safety, what blocked it, where that was said. */
  safety?: SafetyRating;
}

/** What a failed record says of an answer that was billed all the same. */
export interface Billed {
  usage?: Usage;
  costUsd?: number;
}

export interface FailedRecord extends Billed {
  image: string;
  status: 'failed';
  error: ErrorRecord;
}

/** One answer about several pictures. */
export interface TogetherOkRecord<Data = unknown> extends Answer<Data>, AnswerFacts {
  images: readonly NamedPicture[];
  status: 'ok';
  durationMs: number;
}

export interface TogetherFailedRecord extends Billed {
  images: readonly { image: string }[];
  status: 'failed';
  error: ErrorRecord;
}

/** What came of a question, as written to JSON and JSONL. `docs/output-format.md` describes it. */
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
    ...(error.safety !== undefined && { safety: error.safety }),
  };
}
