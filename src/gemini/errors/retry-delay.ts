import { isObject } from '../../domain/is-object.js';
import { retryAfterMs } from '../../network/retry-after.js';

/**
 * How long the server asks to wait, in milliseconds; undefined where it does not say.
 *
 * The sources are RetryInfo ("40s", "900ms"), the message ("Please retry in 40.025771073s.") and
 * the header that gateways send. RetryInfo is cut to whole seconds where the message is not, so
 * the longest one counts.
 */
export function serverDelayMs(source: {
  message: string;
  details: readonly unknown[];
  retryAfter: string | null;
  /** The present, in milliseconds since 1970, for a header that holds a date. */
  now: number;
}): number | undefined {
  const longest = Math.max(
    ...source.details.filter(isObject).map((detail) => durationMs(detail.retryDelay)),
    durationMs(/retry in (.*)/i.exec(source.message)?.[1]),
    retryAfterMs(source.retryAfter ?? undefined, source.now) ?? 0,
  );
  // "0s" says nothing that the back-off does not know better.
  return longest > 0 ? longest : undefined;
}

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

const PART =
  /(\d+(?:\.\d+)?)\s*(ms|milliseconds?|hours?|h|minutes?|min|m|seconds?|sec|s)(?![a-z])[\s,]*/giy;

/**
 * Reads a duration at the beginning of a text, in digits and units: "40s", "900ms", "3h12m4.5s",
 * "1 minute 5 seconds"; 0 if there is none.
 */
function durationMs(text: unknown): number {
  if (typeof text !== 'string') return 0;
  let sum = 0;
  // Sticky: each part begins where the last one ended.
  for (const [, count, unit = ''] of text.trim().matchAll(PART)) {
    const short = /^(?:ms|milli)/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
    sum += Number(count) * (UNITS_MS[short as keyof typeof UNITS_MS] ?? 0);
  }
  return Math.ceil(sum);
}
