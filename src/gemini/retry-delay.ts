import { isObject } from './json.js';

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
    durationMs(/retry in ((?:[\d.]+(?:h|ms?|s))+)/i.exec(source.message)?.[1]),
    headerMs(source.retryAfter, source.now),
  );
  // "0s" says nothing that the back-off does not know better.
  return longest > 0 ? longest : undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Reads a duration as protobuf and Go write it ("40s", "900ms", "3h12m4.5s"); 0 if it is none. */
function durationMs(value: unknown): number {
  if (typeof value !== 'string' || !/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(value.trim())) return 0;
  let sum = 0;
  for (const [, count, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    sum += Number(count) * (UNITS_MS[unit] ?? 0);
  }
  return Math.ceil(sum);
}

/** Reads a Retry-After header, whole seconds or a date; 0 if it is none. */
function headerMs(value: string | null, now: number): number {
  if (value === null) return 0;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : date - now;
}
