// The part of JSON Schema that `responseJsonSchema` takes: the keywords of Google's reference, and
// those that the service was seen to answer. A schema with any other keyword is refused.
import { badRequest, type FieldViolation, invalidArgument, invalidField } from '../http/errors.js';

export const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;
export type SchemaType = (typeof TYPES)[number];

/**
 * A schema of either kind after its check. The last fields are of the OpenAPI kind, `responseSchema`,
 * in which types are in capitals; `pattern` and the numbers of properties are not obeyed there.
 */
export interface AnswerSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: AnswerSchema | boolean;
  readonly prefixItems?: readonly (AnswerSchema | boolean)[];
  readonly properties?: Readonly<Record<string, AnswerSchema | boolean>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: AnswerSchema | boolean;
  readonly nullable?: boolean;
  readonly anyOf?: readonly AnswerSchema[];
  readonly oneOf?: readonly AnswerSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, AnswerSchema | boolean>>;
  readonly minLength?: number;
  readonly maxLength?: number;
}

type Keyword =
  | 'type'
  | 'text'
  | 'value'
  | 'number'
  | 'values'
  | 'names'
  | 'schema'
  | 'schemas'
  | 'properties';

const KEYWORDS: ReadonlyMap<string, Keyword> = new Map([
  ['type', 'type'],
  ['title', 'text'],
  ['description', 'text'],
  ['format', 'text'],
  ['enum', 'values'],
  ['pattern', 'text'],
  ['minLength', 'number'],
  ['maxLength', 'number'],
  ['default', 'value'],
  ['$schema', 'text'],
  ['$id', 'text'],
  ['$anchor', 'text'],
  ['$ref', 'text'],
  ['$defs', 'properties'],
  ['anyOf', 'schemas'],
  ['oneOf', 'schemas'],
  ['propertyOrdering', 'names'],
  ['minimum', 'number'],
  ['maximum', 'number'],
  ['minItems', 'number'],
  ['maxItems', 'number'],
  ['items', 'schema'],
  ['prefixItems', 'schemas'],
  ['properties', 'properties'],
  ['required', 'names'],
  ['additionalProperties', 'schema'],
]);

const DEEPEST = 100;
const MOST_VIOLATIONS = 50;
/** Measured: above this sum the service only answers that an argument is invalid. */
const MAX_ITEMS_SUM = 960;

/** Throws 400 that names every keyword at fault, by its path from `path` on. */
export function checkAnswerSchema(value: unknown, path: string): asserts value is AnswerSchema {
  const violations: FieldViolation[] = [];
  if (isObject(value)) checkKeywords(value, path, 0, violations);
  else violations.push(wrong(path, 'Struct', value));
  if (violations.length > 0) throw badRequest(violations.slice(0, MOST_VIOLATIONS));
  if (!isChecked(value)) return;
  if (sumOfMaxItems(value) > MAX_ITEMS_SUM) throw invalidArgument(INVALID);
  const wrongReference = findWrongReference(value);
  if (wrongReference !== undefined) throw invalidField(path, wrongReference);
}

const INVALID = 'Request contains an invalid argument.';

/** True: to be called after the keywords have been checked. */
function isChecked(value: unknown): value is AnswerSchema {
  return isObject(value);
}

function sumOfMaxItems(schema: AnswerSchema): number {
  return partsOf(schema).reduce<number>((sum, { maxItems }) => sum + (maxItems ?? 0), 0);
}

/** Every schema in a schema that was checked, itself included. */
function partsOf(schema: AnswerSchema | boolean | undefined): AnswerSchema[] {
  if (typeof schema !== 'object') return [];
  const {
    items,
    additionalProperties,
    properties,
    $defs,
    prefixItems,
    anyOf,
    oneOf,
  }: AnswerSchema = schema;
  const inside = [
    ...[items, additionalProperties],
    ...[properties, $defs].flatMap((named) => Object.values(named ?? {})),
    ...[prefixItems, anyOf, oneOf].flatMap((list) => list ?? []),
  ];
  return [schema, ...inside.flatMap((one) => partsOf(one))];
}

/** Why a schema's references are refused. One that leads back is allowed in optional properties. */
function findWrongReference(root: AnswerSchema): string | undefined {
  for (const { $ref } of partsOf(root)) {
    if ($ref !== undefined && definitionOf(root, $ref) === undefined) {
      return `the reference ${$ref} cannot be resolved.`;
    }
  }
  const state = new Map<string, 'open' | 'done'>();
  const comesBack = (schema: AnswerSchema | boolean | undefined): boolean => {
    if (typeof schema !== 'object') return false;
    const { $ref, required = [], properties = {}, items, ...rest } = schema;
    if ($ref !== undefined) {
      if (state.has($ref)) return state.get($ref) === 'open';
      state.set($ref, 'open');
      const found = comesBack(definitionOf(root, $ref));
      state.set($ref, 'done');
      return found;
    }
    const needed = required.filter((name) => Object.hasOwn(properties, name));
    const { prefixItems = [], anyOf = [], oneOf = [] } = rest;
    return [
      ...needed.map((name) => properties[name]),
      items,
      ...prefixItems,
      ...anyOf,
      ...oneOf,
    ].some(comesBack);
  };
  return [root, ...Object.values(root.$defs ?? {})].some(comesBack)
    ? 'a recursive reference is only allowed in a property that is not required.'
    : undefined;
}

/** What a reference into `$defs` leads to. */
export function definitionOf(root: AnswerSchema, ref: string): AnswerSchema | boolean | undefined {
  const [hash, folder, name, ...more] = ref.split('/');
  if (hash !== '#' || folder !== '$defs' || name === undefined || more.length > 0) return undefined;
  const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
  return root.$defs && Object.hasOwn(root.$defs, key) ? root.$defs[key] : undefined;
}

function checkKeywords(
  schema: object,
  path: string,
  depth: number,
  violations: FieldViolation[],
): void {
  if (violations.length >= MOST_VIOLATIONS) return;
  if (depth > DEEPEST) {
    violations.push(refused(path, 'Message too deep. Max recursion depth reached.'));
    return;
  }
  const checkInner = (inner: unknown, where: string) => {
    if (isObject(inner)) checkKeywords(inner, where, depth + 1, violations);
    else if (typeof inner !== 'boolean') violations.push(wrong(where, 'Schema', inner));
  };
  for (const [name, value] of Object.entries(schema)) {
    const kind = KEYWORDS.get(name);
    const where = `${path}.${name}`;
    if (kind === undefined) {
      violations.push(refused(path, `Unknown name "${name}" at '${path}': Cannot find field.`));
    } else if (kind === 'schema') {
      checkInner(value, where);
    } else if (kind === 'schemas' && Array.isArray(value)) {
      for (const [index, one] of value.entries()) checkInner(one, `${where}[${index}]`);
    } else if (kind === 'properties' && isObject(value)) {
      for (const [key, one] of Object.entries(value)) checkInner(one, `${where}[${key}]`);
    } else if (kind === 'schemas' || kind === 'properties' || !CHECKS[kind](value)) {
      violations.push(wrong(where, kind === 'type' ? 'Type' : `a ${kind}`, value));
    }
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';

const CHECKS = {
  type: (value) => {
    const types = Array.isArray(value) ? value : [value];
    const others = types.filter((type) => type !== 'null');
    return types.length > 0 && others.length <= 1 && types.every(isType);
  },
  text: isText,
  number: (value) => typeof value === 'number',
  value: () => true,
  // It is not known whether null, true and false are taken; an empty text is refused.
  values: (value) =>
    Array.isArray(value) &&
    value.every((one) => (typeof one === 'string' && one !== '') || typeof one === 'number'),
  names: (value) => Array.isArray(value) && value.every(isText),
} as const satisfies Partial<Record<Keyword, (value: unknown) => boolean>>;

function isType(value: unknown): boolean {
  return TYPES.some((type) => type === value);
}

function refused(field: string, problem: string): FieldViolation {
  return { field, description: `Invalid JSON payload received. ${problem}` };
}

function wrong(field: string, type: string, value: unknown): FieldViolation {
  const excerpt = JSON.stringify(value)?.slice(0, 40) ?? '';
  return { field, description: `Invalid value at '${field}' (${type}), ${excerpt}` };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
