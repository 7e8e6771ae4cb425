import type { ErrorKind, GeminiImageError } from './error.js';

/** Tokens as the API billed them; `outputTokens` does not include `thoughtTokens`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  cachedTokens: number;
}

/** A finished answer of the model, before it is joined with the picture it belongs to. */
export interface Answer {
  text: string;
  finishReason: string;
  /** The model that answered, which an alias such as `gemini-flash-latest` does not tell. */
  model: string;
  /** Absent where the service sent no usage. */
  usage?: Usage;
}

/** What the header of a picture says. Width and height are stored pixels, before EXIF turning. */
export interface PictureFacts {
  mimeType: string;
  width: number;
  height: number;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  sha256: string;
}

export interface OkRecord extends Answer, PictureFacts {
  image: string;
  status: 'ok';
  /** From the first byte read to the last one answered, retries and waits included. */
  durationMs: number;
}

export interface ErrorRecord {
  kind: ErrorKind;
  message: string;
  hint?: string;
  httpStatus?: number;
  retryable: boolean;
  partialText?: string;
}

export interface FailedRecord {
  image: string;
  status: 'failed';
  error: ErrorRecord;
}

/** One picture's outcome, as written to JSON and JSONL. `docs/output-format.md` describes it. */
export type CaptionRecord = OkRecord | FailedRecord;

/** The record of a picture that could not be captioned. */
export function failedRecord(image: string, error: GeminiImageError): FailedRecord {
  return {
    image,
    status: 'failed',
    error: {
      kind: error.kind,
      message: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
      retryable: error.retryable,
      ...(error.partialText !== undefined && { partialText: error.partialText }),
    },
  };
}
