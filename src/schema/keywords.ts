// The keywords of JSON Schema: which of them are sent, which are validated here, and their values.

/** Says what is wrong with a keyword's value; undefined if nothing is. */
type Complaint = (value: unknown) => string | undefined;

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

/** The keywords whose values can be checked by themselves. */
export const PLAIN_KEYWORDS: ReadonlyMap<string, Complaint> = new Map<string, Complaint>([
  ['type', wrongType],
  ['enum', wrongEnum],
  ['nullable', wrongSwitch],
  ['required', wrongNames],
  ['propertyOrdering', wrongNames],
  ['format', wrongText],
  ['title', wrongText],
  ['description', wrongText],
  ['pattern', wrongText],
  ['$id', wrongText],
  ['$anchor', wrongText],
  ['minimum', wrongNumber],
  ['maximum', wrongNumber],
  ['exclusiveMinimum', wrongNumber],
  ['exclusiveMaximum', wrongNumber],
  ['multipleOf', wrongNumber],
  ['minItems', wrongCount],
  ['maxItems', wrongCount],
  ['minLength', wrongCount],
  ['maxLength', wrongCount],
  ['minProperties', wrongCount],
  ['maxProperties', wrongCount],
  ['uniqueItems', wrongSwitch],
]);

/** Keywords that say which values are allowed. */
export const OF_VALUES = new Set(['type', 'nullable', 'enum', 'const']);

/** Keywords that the service takes, by its reference or because it answered with status 200. */
export const SENT = new Set([
  ...['title', 'description', 'format', 'minimum', 'maximum', 'minItems', 'maxItems', 'required'],
  ...['properties', 'items', 'prefixItems', 'additionalProperties', 'propertyOrdering'],
  ...['$id', '$anchor', 'pattern', 'minLength', 'maxLength'],
]);

/** Keywords that the service takes but does not enforce. */
export const HINTS = new Set(['pattern', 'minLength', 'maxLength']);

/** Keywords that only the validation here enforces, with the sentence that tells the model. */
const RULES: Readonly<Record<string, (value: unknown) => string>> = {
  pattern: (value) => `It matches the regular expression ${String(value)}.`,
  minLength: (value) => `It has at least ${String(value)} characters.`,
  maxLength: (value) => `It has at most ${String(value)} characters.`,
  uniqueItems: () => 'No two of its items are equal.',
  exclusiveMinimum: (value) => `It is greater than ${String(value)}.`,
  exclusiveMaximum: (value) => `It is less than ${String(value)}.`,
  multipleOf: (value) => `It is a multiple of ${String(value)}.`,
  minProperties: (value) => `It has at least ${String(value)} properties.`,
  maxProperties: (value) => `It has at most ${String(value)} properties.`,
};

export const VALIDATED = new Set([
  ...Object.keys(RULES),
  ...['not', 'allOf', 'oneOf', 'if', 'then', 'else', 'contains', 'minContains', 'maxContains'],
  ...['patternProperties', 'propertyNames', 'dependentRequired', 'dependentSchemas'],
  ...['unevaluatedItems', 'unevaluatedProperties'],
]);

/** The sentence that tells the model of a rule which the service does not enforce. */
export function wordsFor(keyword: string, value: unknown): string {
  const rule = Object.hasOwn(RULES, keyword) ? RULES[keyword] : undefined;
  return rule?.(value) ?? `It keeps to this JSON Schema: ${JSON.stringify({ [keyword]: value })}.`;
}

/** Keywords that need not be sent: language, comments, definitions, defaults. */
export const NOT_SENT = new Set(['$schema', '$comment', '$defs', 'definitions', 'default']);

/** Keywords that say something about a value but forbid none. */
export const ANNOTATIONS = new Set([
  ...['examples', 'deprecated', 'readOnly', 'writeOnly'],
  ...['contentEncoding', 'contentMediaType', 'contentSchema'],
]);

function isType(value: unknown): value is string {
  return typeof value === 'string' && TYPES.includes(value);
}

function wrongType(value: unknown): string | undefined {
  if (isType(value)) return undefined;
  if (!Array.isArray(value)) return `must be one of ${TYPES.join(', ')}`;
  const areTypes = value.length > 0 && value.every(isType) && new Set(value).size === value.length;
  return areTypes ? undefined : `must be a list of different ones of ${TYPES.join(', ')}`;
}

function wrongEnum(value: unknown): string | undefined {
  return Array.isArray(value) && value.length > 0 ? undefined : 'must be a list of values';
}

function wrongSwitch(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be true or false';
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
