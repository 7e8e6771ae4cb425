import { GeminiImageError, inputError } from '../domain/error.js';
import type { Size } from '../domain/picture.js';
import { codeOf, readingWords } from '../domain/system-errors.js';

/** The error for a file that cannot be read. */
export function cannotRead(error: unknown): GeminiImageError {
  const why = readingWords(error) ?? `it cannot be read (${codeOf(error)})`;
  return inputError(why, undefined, error);
}

/** Bytes as people read them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The error for a picture that has to be decoded and cannot be; `reason` is the decoder's. */
export function undecodable(reason: string, cause?: unknown): GeminiImageError {
  return inputError(
    `${UNDECODABLE}${reason}`,
    'Copy it again, or send what can be decoded of it with --damaged.',
    cause,
  );
}

const UNDECODABLE = 'it cannot be decoded: ';

/** Whether a decoder failed; false if there was no decoder, or it was called off. */
export function isUndecodable(error: unknown): error is GeminiImageError {
  return error instanceof GeminiImageError && error.message.startsWith(UNDECODABLE);
}

/** The end of the sentence that something needs sharp. */
export const NOT_INSTALLED = 'is not installed';
export const NOT_LOADABLE = 'cannot be loaded on this system';

/** Whether sharp was needed and cannot be had here. */
export function isWithoutSharp(error: unknown): boolean {
  return (
    error instanceof GeminiImageError &&
    [NOT_INSTALLED, NOT_LOADABLE].some((end) => error.message.endsWith(`sharp ${end}`))
  );
}

/** The decoder's reason in such an error. */
export function reasonOf({ message }: GeminiImageError): string {
  return message.replace(UNDECODABLE, '');
}

/** The limit of sharp, and of everything else that is decoded here: 16,383 × 16,383. */
export const MAX_PIXELS = 268_402_689;

/** The error for a picture that would fill the memory if it were decoded. */
export function tooManyPixels(size: Size, canGoAsItIs = false): GeminiImageError {
  const { width, height } = size;
  const megapixels = Math.round((width * height) / 1e6);
  return inputError(
    `it claims ${width} × ${height} pixels (${megapixels} megapixels); at most 268 are decoded`,
    `Shrink it with another program${canGoAsItIs ? ', or send it as it is with --original' : ''}.`,
  );
}

/** @param name of the format, with its article. */
export function unreadable(name: string): GeminiImageError {
  return inputError(
    `it is ${name}, which neither Gemini nor the installed sharp reads`,
    'Convert it to PNG or JPEG first.',
  );
}
