import { inspect } from 'node:util';
import { GeminiImageError } from '../domain/error.js';
import { shorten } from '../network/text.js';
import type { Redact } from './key.js';

/** Hides secrets in all that can be printed of an error; a foreign error is a bug of ours. */
export function withoutSecrets(error: unknown, redact: Redact): GeminiImageError {
  if (!(error instanceof GeminiImageError)) {
    const message = error instanceof Error ? error.message : String(error);
    return withoutSecrets(
      new GeminiImageError({ kind: 'internal', message, cause: error }),
      redact,
    );
  }
  const { message, hint, finishReason, partialText, cause } = error;
  const causeInWords = inspect(cause, { depth: 8 });
  const safeWords = redact(causeInWords);
  return error.with({
    message: shorten(redact(message)),
    hint: hint && redact(hint),
    partialText: partialText && redact(partialText),
    finishReason: finishReason && shorten(redact(finishReason)),
    ...(safeWords !== causeInWords && { cause: safeWords }),
  });
}
