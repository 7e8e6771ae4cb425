import type { JsonSchema } from '../domain/brief.js';
import { GeminiImageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import { firstOf, printable } from './printable.js';

const MAX_DEPTH = 64;
/** References can multiply a small schema beyond every memory. */
const MAX_SCHEMAS = 10_000;
const NAMED_PROBLEMS = 8;
/** What no answer can keep to is not worth a call. */
const BOUNDS = [
  ['minItems', 'maxItems'],
  ['minimum', 'maximum'],
] as const;

/** Where a schema inside the schema is. */
interface Spot {
  /** Its JSON pointer in what was given, also where a reference has led there. */
  place: string;
  depth: number;
  /** The references that have led there. */
  refs: readonly string[];
}

/**
 * Brings a schema into the part of JSON Schema that Gemini takes. References into the schema are
 * put in place, a `const` becomes an `enum`, and what forbids no value is left out.
 *
 * @returns the schema, and the JSON pointers of annotations that are left out.
 * @throws GeminiImageError of kind `usage` that names everything which Gemini does not take.
 */
export function fitForGemini(schema: unknown): {
  schema: JsonSchema;
  leftOut: readonly string[];
} {
  if (!isObject(schema)) {
    throw new GeminiImageError({
      kind: 'usage',
      message: 'the schema is not a JSON object',
      hint: 'A schema is an object such as {"type": "array", "items": {"type": "string"}}.',
    });
  }
  const fitting = new Fitting(schema);
  const fitted = fitting.fit(schema, { place: '', depth: 1, refs: [] });
  if (fitting.refused.size > 0) throw notTaken(fitting.refused);
  return { schema: fitted, leftOut: [...fitting.leftOut] };
}

class Fitting {
  /** JSON pointers, and what is wrong there where it is more than the keyword. */
  readonly refused = new Map<string, string>();
  readonly leftOut = new Set<string>();
  #schemas = 0;

  constructor(readonly root: JsonSchema) {}

  fit(schema: unknown, spot: Spot): JsonSchema {
    if (!isObject(schema)) return this.#refuse(spot.place, 'must be a schema in { }');
    if (spot.depth > MAX_DEPTH) return this.#refuse(spot.place, `more than ${MAX_DEPTH} deep`);
    this.#schemas += 1;
    if (this.#schemas > MAX_SCHEMAS) throw tooLarge();
    if (Object.hasOwn(schema, '$ref')) return this.#follow(schema, spot);
    const optional = alternativeToNull(schema);
    if (optional !== undefined) return this.#fitOptional(schema, optional, spot);
    return this.#fitKeywords(Object.entries(schema), spot);
  }

  /** `anyOf` with null, as pydantic and zod write what is optional: a type that may be null. */
  #fitOptional(schema: JsonSchema, index: 0 | 1, spot: Spot): JsonSchema {
    const place = pointerTo(spot.place, 'anyOf');
    const own = this.#fitBeside(schema, 'anyOf', spot);
    const [one, other] = Array.isArray(schema.anyOf) ? schema.anyOf : [];
    const inside = { ...spot, place: pointerTo(place, index), depth: spot.depth + 1 };
    const { type, enum: values, ...rest } = this.fit(index === 0 ? one : other, inside);
    if (typeof type !== 'string') return this.#refuse(place, '');
    return {
      ...rest,
      type: [type, 'null'],
      ...(Array.isArray(values) && { enum: [...values, null] }),
      ...own,
    };
  }

  #fitKeywords(entries: readonly [string, unknown][], spot: Spot): JsonSchema {
    const hasEnum = entries.some(([keyword]) => keyword === 'enum');
    const fitted = entries.flatMap(([keyword, value]) => {
      if (IDENTIFIERS.has(keyword)) return [];
      if (ANNOTATIONS.has(keyword)) {
        this.leftOut.add(pointerTo(spot.place, keyword));
        return [];
      }
      return keyword === 'const' && !hasEnum
        ? [['enum', this.#fitValue('enum', [value], pointerTo(spot.place, keyword), spot)]]
        : [[keyword, this.#fitValue(keyword, value, pointerTo(spot.place, keyword), spot)]];
    });
    // Entries make a property of `__proto__` as well, which an assignment does not.
    const whole: JsonSchema = Object.fromEntries(fitted);
    for (const [least, most] of BOUNDS) {
      const [from, to] = [whole[least], whole[most]];
      if (typeof from !== 'number' || typeof to !== 'number' || from <= to) continue;
      this.#refuse(pointerTo(spot.place, least), `more than ${most}`);
    }
    return whole;
  }

  #fitValue(keyword: string, value: unknown, place: string, spot: Spot): unknown {
    const complain = PLAIN_KEYWORDS.get(keyword);
    if (complain) {
      const wrong = complain(value);
      if (wrong !== undefined) return this.#refuse(place, wrong);
      return keyword === 'type' && Array.isArray(value) ? nullLast(value) : value;
    }
    const inside = (one: unknown, ...steps: readonly (string | number)[]) =>
      this.fit(one, { ...spot, place: pointerTo(place, ...steps), depth: spot.depth + 1 });
    switch (keyword) {
      case 'properties':
        if (!isObject(value)) return this.#refuse(place, 'must be an object');
        return Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, inside(one, name)]),
        );
      case 'prefixItems':
        if (!Array.isArray(value)) return this.#refuse(place, 'must be a list of schemas');
        return value.map((one, index) => inside(one, index));
      case 'additionalProperties':
        return typeof value === 'boolean' ? value : inside(value);
      case 'items':
        return inside(value);
      default:
        return this.#refuse(place, '');
    }
  }

  /** Puts what a reference leads to in its place; a title and a description of its own win. */
  #follow(schema: JsonSchema, spot: Spot): JsonSchema {
    const place = pointerTo(spot.place, '$ref');
    const own = this.#fitBeside(schema, '$ref', spot);
    const pointer = localPointer(schema.$ref);
    if (pointer === undefined) return this.#refuse(place, 'not inside this schema');
    if (spot.refs.includes(pointer)) return this.#refuse(place, 'recursive');
    const target = lookUp(this.root, pointer);
    if (target === undefined) return this.#refuse(place, 'leads nowhere');
    const refs = [...spot.refs, pointer];
    return { ...this.fit(target, { place: pointer, depth: spot.depth + 1, refs }), ...own };
  }

  /** What stands beside a keyword that says all about a value: no more than words. */
  #fitBeside(schema: JsonSchema, main: '$ref' | 'anyOf', spot: Spot): JsonSchema {
    const siblings = Object.entries(schema).filter(([keyword]) => keyword !== main);
    for (const [keyword] of siblings) {
      const mayStay = ['title', 'description'].includes(keyword);
      if (mayStay || IDENTIFIERS.has(keyword) || ANNOTATIONS.has(keyword)) continue;
      this.#refuse(pointerTo(spot.place, keyword), `beside ${main === '$ref' ? 'a $ref' : main}`);
    }
    return this.#fitKeywords(siblings, spot);
  }

  #refuse(place: string, why: string): JsonSchema {
    this.refused.set(place, why);
    return {};
  }
}

/** Which of two alternatives is not null, where the other one is. */
function alternativeToNull({ anyOf }: JsonSchema): 0 | 1 | undefined {
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return undefined;
  const [first, second] = anyOf.map((one) => isObject(one) && one.type === 'null');
  if (first === second) return undefined;
  return first ? 1 : 0;
}

/** Gemini's reference shows a list of types in this order. */
function nullLast(types: readonly unknown[]): readonly unknown[] {
  return [...types.filter((type) => type !== 'null'), 'null'];
}

function notTaken(refused: ReadonlyMap<string, string>): GeminiImageError {
  const named = [...refused].map(([place, why]) => {
    const shown = printable(place, 120, 'end');
    return why === '' ? shown : `${shown} (${why})`;
  });
  const isAboutNull = [...refused.keys()].some((place) => /\/(anyOf|oneOf|nullable)$/.test(place));
  const taken = [...PLAIN_KEYWORDS.keys(), ...SCHEMA_KEYWORDS].join(', ');
  return new GeminiImageError({
    kind: 'usage',
    message: `Gemini does not take all of this schema: ${firstOf(named, NAMED_PROBLEMS, ', ')}`,
    hint: [
      ...(isAboutNull ? ['What may be null is written "type": ["string", "null"].'] : []),
      `Gemini takes ${taken}; say other rules in a description or in the prompt.`,
    ].join(' '),
  });
}

function tooLarge(): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `the schema is too large: with its $refs in place it has more than ${MAX_SCHEMAS} parts`,
    hint: 'Ask for less at once.',
  });
}

/** Says what is wrong with a keyword's value; undefined where nothing is. */
type Complaint = (value: unknown) => string | undefined;

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

/** The keywords without schemas inside that Gemini takes, from the reference of `responseJsonSchema`. */
const PLAIN_KEYWORDS: ReadonlyMap<string, Complaint> = new Map([
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

const SCHEMA_KEYWORDS = ['properties', 'items', 'prefixItems', 'additionalProperties'];

/** What names a schema, or holds others to refer to: it says nothing about an answer. */
const IDENTIFIERS = new Set(['$schema', '$id', '$comment', '$defs', 'definitions', 'default']);

/** What tells people or programs something about a value but forbids none. */
const ANNOTATIONS = new Set(['examples', 'deprecated', 'readOnly', 'writeOnly']);

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

/** A step further into a document, as a JSON pointer (RFC 6901). */
function pointerTo(place: string, ...steps: readonly (string | number)[]): string {
  const escaped = steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'));
  return [place, ...escaped].join('/');
}

/** The pointer of a `$ref` into its own document, with its escapes undone; else undefined. */
function localPointer(ref: unknown): string | undefined {
  if (typeof ref !== 'string' || !/^#(\/|$)/.test(ref)) return undefined;
  try {
    return decodeURIComponent(ref.slice(1));
  } catch {
    return undefined;
  }
}

/** What a pointer leads to; undefined where it leads nowhere. */
function lookUp(root: unknown, pointer: string): unknown {
  let found = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
