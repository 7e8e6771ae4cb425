import { isObject } from '../../domain/is-object.js';
import { asArray, asText, parseJson } from '../json.js';

/** An error as the API words it: `{"error":{"code","message","status","details"}}`. */
export interface ErrorBody {
  code: number | undefined;
  message: string;
  status: string | undefined;
  details: readonly Readonly<Record<string, unknown>>[];
}

const MAX_NESTING = 4;

/**
 * Finds the error in a parsed body. Gateways wrap it in an array, spell keys with blanks
 * (`" @type"`) and put the whole error, as JSON, into a string or into the message of another; the
 * innermost one counts.
 */
export function findErrorBody(body: unknown, nesting = 0): ErrorBody | undefined {
  if (typeof body === 'string') {
    return nesting < MAX_NESTING ? findErrorBody(parseJson(body), nesting + 1) : undefined;
  }
  const object = trimKeys(Array.isArray(body) ? body.find(isObject) : body);
  // Some gateways have no more to say than a sentence.
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

/** The quotas that were passed, by the ids that say their period ("…PerDay…"). */
export function quotaIds({ details }: ErrorBody): readonly string[] {
  return details
    .flatMap((detail) => asArray(detail.violations))
    .filter(isObject)
    .map((violation) => asText(violation.quotaId))
    .filter((id) => id !== undefined);
}

function trimKeys(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.trim(), inner]));
}
