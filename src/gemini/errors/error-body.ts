import { isObject } from '../../domain/json.js';
import { retryAfterMs } from '../../network/retry.js';
import { asArray, asText, parseJson } from '../json.js';

/** An error in the form of the API: `{"error":{"code","message","status","details"}}`. */
export interface ErrorBody {
  code: number | undefined;
  message: string;
  status: string | undefined;
  details: readonly Readonly<Record<string, unknown>>[];
}

const MAX_NESTING = 4;

/**
 * Finds the error in a parsed body. Gateways wrap it in an array, spell keys with spaces (`"
 * @type"`), and put the whole error as JSON into a string or the message of another error. The
 * innermost error counts.
 */
export function findErrorBody(body: unknown, nesting = 0): ErrorBody | undefined {
  if (typeof body === 'string') {
    return nesting < MAX_NESTING ? findErrorBody(parseJson(body), nesting + 1) : undefined;
  }
  const object = trimKeys(Array.isArray(body) ? body.find(isObject) : body);
  // Some gateways send only a sentence.
  const plain = asText(object?.error);
  const error = plain === undefined ? trimKeys(object?.error) : { message: plain };
  if (!error) return undefined;
  const message = asText(error.message) ?? '';
  const inner = findErrorBody(message, nesting);
  if (inner) return inner;
  const code = Number(error.code);
  return {
    code: Number.isInteger(code) && code >= 400 ? code : undefined,
    message,
    status: asText(error.status),
    details: asArray(error.details)
      .map(trimKeys)
      .filter((detail) => detail !== undefined),
  };
}

/** The machine-readable reason of an ErrorInfo detail, such as API_KEY_INVALID. */
export function errorReason({ details }: ErrorBody): string | undefined {
  return details.map((detail) => asText(detail.reason)).find((reason) => reason !== undefined);
}

/** The first link that a Help or ErrorInfo detail offers. */
export function helpLink({ details }: ErrorBody): string | undefined {
  for (const detail of details) {
    const metadata = isObject(detail.metadata) ? detail.metadata : {};
    const link = asArray(detail.links).find(isObject);
    const url = asText(metadata.activationUrl) ?? asText(link?.url);
    if (url !== undefined && /^https:\/\/[\x21-\x7e]+$/.test(url)) return url;
  }
  return undefined;
}

/** The ids of the quotas that were passed; they name the period ("…PerDay…"). */
export function quotaIds({ details }: ErrorBody): readonly string[] {
  return details
    .flatMap((detail) => asArray(detail.violations))
    .filter(isObject)
    .map((violation) => asText(violation.quotaId))
    .filter((id) => id !== undefined);
}

function trimKeys(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(value)) return undefined;
  // Answers are looked at too, and hardly any key has blanks around it.
  if (Object.keys(value).every((key) => key === key.trim())) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.trim(), inner]));
}

/**
 * How long the server asks to wait, in milliseconds; undefined if it does not say.
 *
 * The sources are RetryInfo ("40s", "900ms"), the message ("Please retry in 40.025771073s.") and
 * the header that gateways send. RetryInfo may be cut to whole seconds, so the longest one counts.
 */
export function serverDelayMs(source: {
  message: string;
  details: readonly unknown[];
  retryAfter: string | null;
  /** The current time, in milliseconds since 1970, for a header with a date. */
  now: number;
}): number | undefined {
  const longest = Math.max(
    ...source.details.filter(isObject).map((detail) => durationMs(detail.retryDelay)),
    durationMs(/retry in (.*)/i.exec(source.message)?.[1]),
    retryAfterMs(source.retryAfter ?? undefined, source.now) ?? 0,
  );
  // "0s" is no better than the usual back-off.
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
  // The expression is sticky: each part must begin where the last one ended.
  for (const [, count, unit = ''] of text.trim().matchAll(PART)) {
    const short = /^(?:ms|milli)/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
    sum += Number(count) * (UNITS_MS[short as keyof typeof UNITS_MS] ?? 0);
  }
  return Math.ceil(sum);
}
