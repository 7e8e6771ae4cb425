import type { JsonSchema } from '../domain/brief.js';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import {
  ANNOTATIONS,
  HINTS,
  NOT_SENT,
  OF_VALUES,
  PLAIN_KEYWORDS,
  SENT,
  VALIDATED,
  wordsFor,
} from './keywords.js';
import { firstOf, printable } from './printable.js';
import { escapedStep, pointerTo, SchemaPlaces } from './schema-places.js';

const MAX_DEPTH = 64;
const MAX_SCHEMAS = 10_000;
const NAMED_PROBLEMS = 8;
/** Measured by others: above this sum, the service answers nothing but "invalid argument". */
const MAX_ITEMS_SUM = 960;
/** Pairs of keywords: if the first is above the second, no answer can keep to both. */
const BOUNDS = [
  ['minItems', 'maxItems'],
  ['minLength', 'maxLength'],
  ['minProperties', 'maxProperties'],
  ['minimum', 'maximum'],
] as const;

/** A schema as it is sent, and how it differs from the one that was given. */
export interface FittedSchema {
  /** What is sent to Gemini. */
  schema: JsonSchema;
  /** What was given: the schema that answers are validated against. */
  given: JsonSchema;
  /** JSON pointers of annotations that are not sent. */
  leftOut: readonly string[];
  /** JSON pointers of rules that Gemini does not enforce; the model is told them in words. */
  notEnforced: readonly string[];
}

/**
 * Brings a schema into the part of JSON Schema that `responseJsonSchema` takes. `oneOf` becomes
 * `anyOf`, `null` is taken out of every `enum`, references lead into `$defs`. Rules that the service
 * does not enforce are written into the description of the value they are about.
 *
 * @throws GeminiImageError of kind `usage` that names everything that can neither be sent nor be
 *   validated here, and everything that the service is known to refuse.
 */
export function fitForGemini(schema: unknown): FittedSchema {
  if (isValidatorObject(schema)) {
    throw usageError(
      'the schema is an object of a validation library, not a JSON Schema',
      'With zod, pass z.toJSONSchema(schema).',
    );
  }
  if (!isObject(schema)) {
    throw usageError(
      'the schema is not a JSON object',
      'A schema is an object such as {"type": "array", "items": {"type": "string"}}.',
    );
  }
  return new Fitting(schema).whole();
}

/** Whether this is a validator of zod, valibot or arktype (https://standardschema.dev). */
function isValidatorObject(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return '~standard' in value || ('safeParse' in value && typeof value.safeParse === 'function');
}

/** The place of a schema inside the whole schema. */
interface Spot {
  /** Its JSON pointer in the given schema. */
  place: string;
  depth: number;
}

/** A schema that is being put together. */
interface Draft {
  keywords: Map<string, unknown>;
  /** Sentences for its description. */
  words: string[];
  /** Whether it already says which values are allowed. */
  hasValues: boolean;
}

/** Keywords that name a schema, which a copy of it under `$defs` must not repeat. */
const NAMES: ReadonlySet<string> = new Set(['$id', '$anchor']);

class Fitting {
  /** By JSON pointer, what is wrong there; empty if the keyword itself is. */
  readonly #refused = new Map<string, string>();
  readonly #leftOut = new Set<string>();
  readonly #notEnforced = new Set<string>();
  readonly #maxItems = new Map<string, number>();
  readonly #places: SchemaPlaces;
  /** The definitions that are sent, by their names. */
  readonly #defs = new Map<string, JsonSchema>();
  /** For each place, the draft that is sent with its names: of two with one name, neither can be meant. */
  readonly #named = new Map<string, Draft>();
  #schemas = 0;

  constructor(readonly root: JsonSchema) {
    this.#places = new SchemaPlaces(root);
  }

  whole(): FittedSchema {
    const fitted = this.#fit(this.root, { place: '', depth: 1 });
    this.#checkMaxItems();
    if (this.#refused.size > 0) throw notTaken(this.#refused);
    const schema =
      this.#defs.size === 0 ? fitted : { ...fitted, $defs: Object.fromEntries(this.#defs) };
    return {
      schema,
      given: this.root,
      leftOut: [...this.#leftOut],
      notEnforced: [...this.#notEnforced],
    };
  }

  #fit(schema: unknown, spot: Spot): JsonSchema {
    if (schema === true) return {};
    if (!isObject(schema)) return this.#refuse(spot.place, 'must be a schema in { }');
    if (spot.depth > MAX_DEPTH) return this.#refuse(spot.place, `more than ${MAX_DEPTH} deep`);
    this.#schemas += 1;
    if (this.#schemas > MAX_SCHEMAS) throw tooLarge();
    const draft: Draft = { keywords: new Map(), words: [], hasValues: false };
    if (!this.#named.has(spot.place)) this.#named.set(spot.place, draft);
    for (const [keyword, value] of Object.entries(schema)) {
      this.#addKeyword(draft, keyword, value, schema, spot);
    }
    this.#checkBounds(schema, spot.place);
    this.#loosenRecursion(schema, draft, spot.place);
    return finished(draft);
  }

  #addKeyword(draft: Draft, keyword: string, value: unknown, schema: JsonSchema, spot: Spot): void {
    const place = pointerTo(spot.place, keyword);
    const wrong = PLAIN_KEYWORDS.get(keyword)?.(value);
    if (wrong !== undefined) this.#refuse(place, wrong);
    else if (NOT_SENT.has(keyword)) return;
    else if (NAMES.has(keyword) && this.#named.get(spot.place) !== draft) return;
    else if (OF_VALUES.has(keyword)) this.#addValues(schema, draft, spot.place);
    else if (ANNOTATIONS.has(keyword)) this.#leftOut.add(place);
    else if (keyword === 'anyOf' || (keyword === 'oneOf' && schema.anyOf === undefined)) {
      draft.keywords.set('anyOf', this.#fitList(value, place, spot));
    } else if (keyword === 'allOf' && Array.isArray(value) && value.length === 1) {
      addAlternatives(draft, this.#fitList(value, place, spot));
    } else if (keyword === '$ref') {
      draft.keywords.set('$ref', this.#fitReference(value, place));
    } else if (keyword === 'items' && value === false) {
      this.#say(draft, 'It has no items beyond these.', place);
    } else if (SENT.has(keyword)) {
      draft.keywords.set(keyword, this.#fitValue(keyword, value, place, spot));
      if (HINTS.has(keyword)) this.#say(draft, wordsFor(keyword, value), place);
    } else if (VALIDATED.has(keyword)) {
      if (value !== false) this.#say(draft, wordsFor(keyword, value), place);
    } else this.#refuse(place, '');
  }

  /** Tells the model in words what the service does not enforce. */
  #say({ words }: Draft, sentence: string, place: string): void {
    words.push(sentence);
    this.#notEnforced.add(place);
  }

  /** Puts `type`, `enum` and `const` as the service takes them: no null, true or false in an enum. */
  #addValues(schema: JsonSchema, draft: Draft, place: string): void {
    // These keywords are handled together, at the first one of them.
    if (draft.hasValues) return;
    draft.hasValues = true;
    const types = typesOf(schema);
    const isConstant = Object.hasOwn(schema, 'const');
    const given: unknown = isConstant ? [schema.const] : schema.enum;
    if (!Array.isArray(given)) {
      addTypes(draft, types);
      return;
    }
    const where = pointerTo(place, isConstant ? 'const' : 'enum');
    const allowed = given.filter((value) => isOfTypes(value, types));
    if (allowed.includes('')) {
      this.#refuse(where, 'holds "", which Gemini takes for no value');
    } else if (allowed.length === 0) {
      this.#refuse(where, 'holds no value of its type');
    } else if (allowed.every((value) => value === null || isNameable(value))) {
      addEnum(draft, allowed, types);
    } else {
      // The service takes no enum of true, false, lists or objects: type and words replace it.
      const shown = allowed.map((value) => JSON.stringify(value)).join(', ');
      this.#say(draft, `It is one of these: ${shown}.`, where);
      addTypes(draft, [...new Set(allowed.map(typeNameOf))]);
    }
  }

  #fitValue(keyword: string, value: unknown, place: string, spot: Spot): unknown {
    const inside = (one: unknown, ...steps: readonly (string | number)[]) =>
      this.#fit(one, { place: pointerTo(place, ...steps), depth: spot.depth + 1 });
    switch (keyword) {
      case 'properties':
        if (!isObject(value)) return this.#refuse(place, 'must be an object');
        return Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, inside(one, name)]),
        );
      case 'prefixItems':
        return this.#fitList(value, place, spot);
      case 'additionalProperties':
        return typeof value === 'boolean' ? value : inside(value);
      case 'items':
        return inside(value);
      case 'maxItems':
        this.#maxItems.set(place, Number(value));
        return value;
      default:
        return value;
    }
  }

  #fitList(value: unknown, place: string, spot: Spot): unknown {
    if (!Array.isArray(value)) return this.#refuse(place, 'must be a list of schemas');
    if (value.length === 0) return this.#refuse(place, 'must not be empty');
    return value.map((one, index) =>
      this.#fit(one, { place: pointerTo(place, index), depth: spot.depth + 1 }),
    );
  }

  /** A reference, led into `$defs`, the only place that the service's reference documents. */
  #fitReference(ref: unknown, place: string): unknown {
    const target = this.#places.targetOf(ref);
    if (target.problem !== undefined) return this.#refuse(place, target.problem);
    const { name, pointer } = target;
    if (!this.#defs.has(name)) {
      // Put there before the definition is fitted, so that it may refer to itself.
      this.#defs.set(name, {});
      this.#defs.set(name, this.#fit(target.schema, { place: pointer, depth: 2 }));
    }
    return `#/$defs/${escapedStep(name)}`;
  }

  /**
   * A reference may be recursive only in an optional property. A required one that leads back is
   * sent as optional, and the model is told in words that it is required.
   */
  #loosenRecursion({ required }: JsonSchema, draft: Draft, place: string): void {
    if (!Array.isArray(required)) return;
    const recursive = required.filter((name) =>
      this.#places.leadsBack(pointerTo(place, 'properties', String(name))),
    );
    if (recursive.length === 0) return;
    const rest = required.filter((name) => !recursive.includes(name));
    if (rest.length > 0) draft.keywords.set('required', rest);
    else draft.keywords.delete('required');
    const sentence = `These properties must be there: ${recursive.join(', ')}.`;
    this.#say(draft, sentence, pointerTo(place, 'required'));
  }

  #checkMaxItems(): void {
    const largestFirst = [...this.#maxItems].sort(([, a], [, b]) => b - a);
    const sum = largestFirst.reduce((all, [, one]) => all + one, 0);
    if (sum <= MAX_ITEMS_SUM) return;
    for (const [place, count] of largestFirst) {
      this.#refuse(place, `${count}; all maxItems together may be at most ${MAX_ITEMS_SUM}`);
    }
  }

  #checkBounds(schema: JsonSchema, place: string): void {
    for (const [least, most] of BOUNDS) {
      const [from, to] = [schema[least], schema[most]];
      if (typeof from !== 'number' || typeof to !== 'number' || from <= to) continue;
      this.#refuse(pointerTo(place, least), `more than ${most}`);
    }
  }

  #refuse(place: string, why: string): JsonSchema {
    this.#refused.set(place, why);
    return {};
  }
}

/** The types that a schema names, `nullable` of OpenAPI included; empty if it allows every type. */
function typesOf({ type, nullable }: JsonSchema): string[] {
  const types = [type].flat().filter((one) => typeof one === 'string');
  return nullable === true && types.length > 0 ? [...new Set([...types, 'null'])] : types;
}

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function isOfTypes(value: unknown, types: readonly string[]): boolean {
  const name = typeNameOf(value);
  if (types.length === 0 || types.includes(name)) return true;
  return name === 'number' && types.includes('integer') && Number.isInteger(value);
}

/** Whether the service takes a value in an `enum`. */
function isNameable(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

/** One type, or one type and null, is sent as it is; several become alternatives. */
function addTypes(draft: Draft, types: readonly string[]): void {
  const [first, ...others] = types.filter((type) => type !== 'null');
  const ofNull = types.includes('null') ? ['null'] : [];
  if (first === undefined) {
    if (ofNull.length > 0) draft.keywords.set('type', 'null');
  } else if (others.length === 0) {
    draft.keywords.set('type', ofNull.length > 0 ? [first, 'null'] : first);
  } else {
    addAlternatives(
      draft,
      [first, ...others, ...ofNull].map((type) => ({ type })),
    );
  }
}

function addEnum(draft: Draft, allowed: readonly unknown[], types: readonly string[]): void {
  const named = allowed.filter((value) => value !== null);
  const others = types.filter((type) => type !== 'null');
  const choice = { ...(others.length === 1 && { type: others[0] }), enum: named };
  if (named.length === 0) draft.keywords.set('type', 'null');
  else if (allowed.includes(null)) addAlternatives(draft, [choice, { type: 'null' }]);
  else for (const [keyword, value] of Object.entries(choice)) draft.keywords.set(keyword, value);
}

/** If a schema has alternatives already, only the validation here holds answers to these. */
function addAlternatives({ keywords }: Draft, alternatives: unknown): void {
  if (!keywords.has('anyOf')) keywords.set('anyOf', alternatives);
}

/** A draft as a schema. Nothing stands beside a `$ref`, as Google's reference does not allow it. */
function finished({ keywords, words }: Draft): JsonSchema {
  // Entries make a property of `__proto__` as well, which an assignment does not.
  const { $ref, ...schema }: JsonSchema = Object.fromEntries(keywords);
  const own = typeof schema.description === 'string' ? [schema.description] : [];
  const described =
    words.length > 0 ? { ...schema, description: [...own, ...words].join(' ') } : schema;
  if ($ref === undefined) return described;
  if (Object.keys(described).length === 0) return { $ref };
  return described.anyOf === undefined ? { ...described, anyOf: [{ $ref }] } : described;
}

function notTaken(refused: ReadonlyMap<string, string>): GeminiImageError {
  const named = [...refused].map(([place, why]) => {
    const shown = printable(place, 120, 'end');
    return why === '' ? shown : `${shown} (${why})`;
  });
  return usageError(
    `this schema can be neither sent nor validated: ${firstOf(named, NAMED_PROBLEMS, ', ')}`,
    'Say it by other keywords of JSON Schema (draft 2020-12), in a description, or in the prompt.',
  );
}

function tooLarge(): GeminiImageError {
  return usageError(
    `the schema is too large: it has more than ${MAX_SCHEMAS} parts`,
    'Ask for less at once.',
  );
}
