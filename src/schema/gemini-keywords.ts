/** Says what is wrong with a keyword's value; undefined where nothing is. */
type Complaint = (value: unknown) => string | undefined;

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

/** The keywords without schemas inside that Gemini takes, from the reference of `responseJsonSchema`. */
export const PLAIN_KEYWORDS: ReadonlyMap<string, Complaint> = new Map([
  ['type', wrongType],
  ['enum', wrongEnum],
  ['required', wrongNames],
  ['format', wrongText],
  ['minimum', wrongNumber],
  ['maximum', wrongNumber],
  ['minItems', wrongCount],
  ['maxItems', wrongCount],
  ['title', wrongText],
  ['description', wrongText],
]);

export const SCHEMA_KEYWORDS = ['properties', 'items', 'prefixItems', 'additionalProperties'];

/** What names a schema, or holds others to refer to: it says nothing about an answer. */
export const IDENTIFIERS = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'default',
]);

/** What tells people or programs something about a value but forbids none. */
export const ANNOTATIONS = new Set(['examples', 'deprecated', 'readOnly', 'writeOnly']);

function isType(value: unknown): value is string {
  return typeof value === 'string' && TYPES.includes(value);
}

function wrongType(value: unknown): string | undefined {
  if (isType(value)) return undefined;
  if (!Array.isArray(value)) return `must be one of ${TYPES.join(', ')}`;
  const others = value.filter((type) => type !== 'null');
  const isNullable = value.length === 2 && others.length === 1 && others.every(isType);
  return isNullable ? undefined : 'a list must be of one type and "null"';
}

function wrongEnum(value: unknown): string | undefined {
  const isScalar = (one: unknown) =>
    one === null || ['string', 'number', 'boolean'].includes(typeof one);
  if (Array.isArray(value) && value.length > 0 && value.every(isScalar)) return undefined;
  return 'must be a list of strings, numbers, true, false or null';
}

function wrongNames(value: unknown): string | undefined {
  const areNames =
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string') &&
    new Set(value).size === value.length;
  return areNames ? undefined : 'must be a list of different names';
}

function wrongText(value: unknown): string | undefined {
  return typeof value === 'string' ? undefined : 'must be a string';
}

function wrongNumber(value: unknown): string | undefined {
  return Number.isFinite(value) ? undefined : 'must be a number';
}

function wrongCount(value: unknown): string | undefined {
  const isCount = Number.isInteger(value) && Number(value) >= 0;
  return isCount ? undefined : 'must be a whole number, 0 or more';
}
