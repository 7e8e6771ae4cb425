// JSON answers that conform to a schema, made from the pixels.

import {
  type AnswerSchema,
  definitionOf,
  type SchemaType,
  TYPES,
} from '../messages/answer-schema.js';
import type { Region } from '../pictures/regions.js';
import { findClaims, missingClaim, type ScriptedClaim, VERDICTS } from './claims.js';
import {
  booleanFor,
  choose,
  coloursOf,
  countKnown,
  integerFor,
  numberFor,
  type Place,
  tagFor,
  tagsFor,
  textFor,
} from './json-values.js';
import type { RequestedStyle } from './requested-style.js';
import { findTasks } from './tasks.js';

export interface JsonAnswer {
  readonly value: unknown;
  /** False if the schema asks for more than fits into an answer. */
  readonly isComplete: boolean;
}

/** The most values in all arrays and objects together; about what fits into the longest answer. */
const MOST_VALUES = 65_536;
const LONGEST_TAG_LIST = 15;
const DEEPEST_OPTIONAL = 4;

/** This many characters of text count as one value, so that long texts are limited too. */
const CHARACTERS_A_VALUE = 64;
/** The longest text, in characters; a schema that asks for a longer one asks for too much. */
const LONGEST_TEXT = 262_144;

/** A box is put around the whole picture if nothing stands out. */
const WHOLE_PICTURE: Region = { colour: 'whole', box: [0, 0, 1000, 1000] };

/** `prompt` is searched for claims, and for a task for each property. */
export function answerInJson(
  schema: AnswerSchema,
  place: Omit<Place, 'name'>,
  prompt: string,
  instruction: readonly string[],
): JsonAnswer {
  const writer = new Writer(schema, findClaims(prompt), findTasks(prompt, instruction));
  const value = writer.value(schema, { ...place, name: '' });
  return { value, isComplete: writer.left > 0 };
}

class Writer {
  left = MOST_VALUES;
  /** In how many arrays and objects the next value lies. */
  #depth = 0;

  constructor(
    readonly root: AnswerSchema,
    readonly claims: readonly ScriptedClaim[],
    readonly tasks: ReadonlyMap<string, RequestedStyle>,
  ) {}

  value(given: AnswerSchema | boolean, place: Place): unknown {
    this.#depth += 1;
    try {
      return this.#valueOf(this.#resolve(given), place);
    } finally {
      this.#depth -= 1;
    }
  }

  #valueOf(schema: AnswerSchema, place: Place): unknown {
    const { title = '', description = '', minLength = 0 } = schema;
    this.#spend(1 + weightOf(place.name) + weightOf(title) + weightOf(description));
    const type = typeOf(schema);
    const choices = schema.enum?.filter((choice) => isOfType(choice, schema)) ?? [];
    if (choices.length > 0) {
      const chosen = choose(choices, place);
      this.#spend(weightOf(JSON.stringify(schema.enum)));
      return chosen;
    }
    // Without a picture there is nothing to measure.
    const isUnknown = place.shown.length === 0 && typesOf(schema).includes('null');
    switch (type) {
      case 'string': {
        const text = textFor({ ...schema, minLength: Math.min(minLength, LONGEST_TEXT) }, place);
        this.#spend(minLength > LONGEST_TEXT ? MOST_VALUES : weightOf(text));
        return text;
      }
      case 'integer':
        return isUnknown ? null : integerFor(schema, place);
      case 'number':
        return isUnknown ? null : numberFor(schema, place);
      case 'boolean':
        return isUnknown ? null : booleanFor(place);
      case 'array':
        return this.#array(schema, place);
      case 'object':
        return this.#object(schema, place);
      case 'null':
        return null;
    }
  }

  #spend(values: number): void {
    this.left -= values;
  }

  /** A schema without references and alternatives: the first of them that is more than null. */
  #resolve(schema: AnswerSchema | boolean): AnswerSchema {
    if (typeof schema === 'boolean') return {};
    const { $ref, anyOf, oneOf, ...rest } = schema;
    if ($ref !== undefined) return this.#resolve(definitionOf(this.root, $ref) ?? {});
    const branches = anyOf ?? oneOf ?? [];
    const chosen = branches.find((branch) => !isOnlyNull(branch)) ?? branches[0];
    return chosen === undefined ? rest : this.#resolve({ ...rest, ...chosen });
  }

  #object(schema: AnswerSchema, place: Place): object {
    const { properties = {}, required = [], additionalProperties: others = true } = schema;
    const known = Object.entries(properties).filter(
      ([name, property]) =>
        property !== false &&
        !isLeftOut(name, required, place) &&
        // A schema that refers to itself must end at some depth.
        (this.#depth < DEEPEST_OPTIONAL || required.includes(name)),
    );
    const unknown = required.filter((name) => !Object.hasOwn(properties, name));
    // The schema gives no names of properties, so names of measured things are used.
    if (known.length === 0 && unknown.length === 0 && typeof others === 'object') {
      unknown.push(...tagsFor(place).slice(0, 2));
    }
    // Properties that are left out count too, because they take time as well.
    this.#spend(Object.keys(properties).length - known.length);
    const fields = [...known, ...unknown.map((name) => [name, others] as const)];
    const entries: [string, unknown][] = [];
    for (const [name, property] of fields) {
      if (this.left <= 0) break;
      // Only the properties of the whole answer have tasks of their own.
      const requested = (this.#depth === 1 ? this.tasks.get(name) : undefined) ?? place.requested;
      const inside = { ...place, requested, name, isEntry: false };
      entries.push([name, this.value(property, inside)]);
    }
    // Made from entries, since an assignment to `__proto__` would make no property.
    return Object.fromEntries(entries);
  }

  #array(schema: AnswerSchema, place: Place): unknown[] {
    const { prefixItems = [], items = true } = schema;
    const item = this.#resolve(items);
    if (place.name === 'box_2d') return this.#box(schema, place);
    const isTags = prefixItems.length === 0 && typeOf(item) === 'string' && !item.enum;
    const places = this.#places(schema, item, isTags, place);
    const values: unknown[] = [];
    for (let index = 0; index < places.count && this.left > 0; index += 1) {
      const prefix = prefixItems[index];
      if (prefix === undefined && items === false) break;
      if (isTags) {
        this.left -= 1;
        const minLength = Math.min(item.minLength ?? 0, LONGEST_TEXT);
        const tag = tagFor({ ...item, minLength }, place, index);
        this.#spend(minLength < (item.minLength ?? 0) ? MOST_VALUES : weightOf(tag));
        values.push(tag);
      } else {
        values.push(
          this.value(prefix ?? item, { ...place, index, isEntry: true, ...places.about(index) }),
        );
      }
    }
    return values;
  }

  /** How many items an array gets, and what each is about. */
  #places(schema: AnswerSchema, item: AnswerSchema, isTags: boolean, place: Place) {
    const clamped = (count: number) =>
      Math.max(Math.min(count, schema.maxItems ?? count), schema.minItems ?? 0);
    if (isVerdict(item)) {
      const { claims } = this;
      const about = (index: number) => ({ claim: claims[index] ?? missingClaim(index + 1) });
      return { count: clamped(claims.length), about };
    }
    if (isLabelledBox(item)) {
      const regions = place.shown[0]?.picture.regions ?? [];
      const about = (index: number) => ({ region: regions[index] ?? WHOLE_PICTURE });
      return { count: clamped(regions.length), about };
    }
    const about = () => ({});
    if (isTags) {
      return { count: clamped(Math.min(tagsFor(place).length + 1, LONGEST_TAG_LIST)), about };
    }
    const picture = place.shown[0]?.picture;
    const natural = item.enum
      ? Math.min(countKnown(item.enum, place), LONGEST_TAG_LIST)
      : place.shown.length > 1
        ? place.shown.length
        : coloursOf(picture).length;
    return { count: clamped(schema.prefixItems?.length ?? Math.max(natural, 1)), about };
  }

  /** The box of a field that is not in a list: around the largest region. */
  #box(schema: AnswerSchema, place: Place): unknown[] {
    const { box } = place.region ?? place.shown[0]?.picture.regions?.[0] ?? WHOLE_PICTURE;
    this.left -= box.length;
    return box.slice(0, schema.maxItems);
  }
}

function weightOf(text: string): number {
  return Math.floor(text.length / CHARACTERS_A_VALUE);
}

/** A box shows what decides a claim; it is left out if there are several pictures. */
function isLeftOut(name: string, required: readonly string[], { claim, shown }: Place): boolean {
  if (name !== 'box_2d' || claim === undefined || required.includes(name)) return false;
  return claim.verdict === 'unclear' || shown.length !== 1;
}

function isVerdict({ properties = {} }: AnswerSchema): boolean {
  const verdict = Object.hasOwn(properties, 'verdict') ? properties.verdict : undefined;
  const choices = typeof verdict === 'object' ? (verdict.enum ?? []) : [];
  return VERDICTS.every((known) => choices.includes(known));
}

function isLabelledBox({ properties = {} }: AnswerSchema): boolean {
  return Object.hasOwn(properties, 'label') && Object.hasOwn(properties, 'box_2d');
}

function isOnlyNull(branch: AnswerSchema): boolean {
  const types = typesOf(branch);
  return types.length > 0 && types.every((type) => type === 'null');
}

/** The types in lower case, null included if it is allowed; empty if every type is allowed. */
function typesOf({ type = [], nullable }: AnswerSchema): SchemaType[] {
  const names = [type].flat().map((name) => name.toLowerCase());
  const types = TYPES.filter((known) => names.includes(known));
  return nullable ? [...types, 'null'] : types;
}

/** The type of the value; if the schema does not name it, it follows from the keywords. */
function typeOf(schema: AnswerSchema): SchemaType {
  const types = typesOf(schema);
  const type = types.find((known) => known !== 'null') ?? types[0];
  if (type !== undefined) return type;
  if (schema.properties ?? schema.required ?? schema.additionalProperties) return 'object';
  if (schema.items ?? schema.prefixItems) return 'array';
  return (schema.minimum ?? schema.maximum) === undefined ? 'string' : 'number';
}

function isOfType(value: unknown, schema: AnswerSchema): boolean {
  const types = typesOf(schema);
  if (types.length === 0) return true;
  if (value === null) return types.every((type) => type === 'null');
  if (Array.isArray(value)) return types.includes('array');
  if (typeof value === 'number') {
    return types.includes('number') || (types.includes('integer') && Number.isInteger(value));
  }
  return types.some((type) => type === typeof value);
}
