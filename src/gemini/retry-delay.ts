import { isObject } from './json.js';

const SECOND = 1000;

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
  const delays = [
    ...source.details.filter(isObject).map((detail) => durationMs(detail.retryDelay)),
    durationMs(/retry in ([\d.]+m?s)\b/i.exec(source.message)?.[1]),
    headerMs(source.retryAfter, source.now),
  ].filter((delay) => delay !== undefined);
  return delays.length > 0 ? Math.max(...delays) : undefined;
}

/** Reads a protobuf duration: "40s", "34.07s", "900ms". */
function durationMs(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value.trim()) : null;
  if (!match) return undefined;
  return Math.ceil(Number(match[1]) * (match[2] === 's' ? SECOND : 1));
}

/** Reads a Retry-After header: whole seconds, or a date. */
function headerMs(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * SECOND;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
