import type { JsonSchema } from '../domain/brief.js';
import { type GeminiImageError, usageError } from '../domain/error.js';
import { printable } from './printable.js';

/** The types of a field, by each of their names. */
const TYPES: ReadonlyMap<string, JsonSchema> = new Map([
  ['string', { type: 'string' }],
  ['str', { type: 'string' }],
  ['text', { type: 'string' }],
  ['int', { type: 'integer' }],
  ['integer', { type: 'integer' }],
  ['number', { type: 'number' }],
  ['float', { type: 'number' }],
  ['bool', { type: 'boolean' }],
  ['boolean', { type: 'boolean' }],
  ['date', { type: 'string', format: 'date' }],
  ['time', { type: 'string', format: 'time' }],
  ['datetime', { type: 'string', format: 'date-time' }],
]);

const DEEPEST = 16;

/**
 * The schema that a short form stands for: an object with these properties and no others. An
 * optional property may be null but not missing, so that every answer has the same keys.
 *
 * ```
 * title, tags[], people:int, note?      texts, lists, types, optional
 * mood:calm|busy, stars:1|2|3           one of these
 * when:date                             as in 2026-01-31; also time, datetime
 * items[]{name, qty:int}, place{city}   lists of objects, objects
 * ```
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function schemaOfFields(text: string): JsonSchema {
  if (text.trim() === '') throw wrongFields('no field is named');
  const reader = new FieldReader(text);
  const schema = reader.fields(0);
  reader.expectEnd();
  return schema;
}

class FieldReader {
  #at = 0;

  constructor(readonly text: string) {}

  /** Fields with commas between them, up to the end or a closing brace. */
  fields(depth: number): JsonSchema {
    if (depth > DEEPEST) throw wrongFields(`objects are more than ${DEEPEST} deep`);
    const properties = new Map<string, JsonSchema>();
    do {
      const [name, schema] = this.#field(depth);
      if (properties.has(name)) throw wrongFields(`the field ${quoted(name)} is named twice`);
      properties.set(name, schema);
    } while (this.#take(','));
    return {
      type: 'object',
      // Made from entries, since an assignment to `__proto__` would make no property.
      properties: Object.fromEntries(properties),
      required: [...properties.keys()],
      additionalProperties: false,
    };
  }

  expectEnd(): void {
    this.#skipBlanks();
    if (this.#at < this.text.length) throw this.#unreadable(this.#at);
  }

  #field(depth: number): [name: string, schema: JsonSchema] {
    this.#skipBlanks();
    const start = this.#at;
    const name = this.#match(/[\p{L}\p{M}\p{N}_-]+/uy);
    if (name === '') {
      const isNothing = start === this.text.length || ',}'.includes(this.text.charAt(start));
      throw isNothing
        ? wrongFields('between two commas, or after the last one, no field is named')
        : this.#unreadable(start);
    }
    let isList = this.#take('[]');
    let mayBeMissing = this.#take('?');
    let schema: JsonSchema = { type: 'string' };
    if (this.#take(':')) {
      schema = this.#type(name);
      if (!isList) isList = this.#take('[]');
      if (!mayBeMissing) mayBeMissing = this.#take('?');
    } else if (this.#take('{')) {
      schema = this.fields(depth + 1);
      if (!this.#take('}')) throw wrongFields(`the fields of ${quoted(name)} have no closing }`);
      if (!mayBeMissing) mayBeMissing = this.#take('?');
    }
    this.#skipBlanks();
    if (this.#at < this.text.length && !',}'.includes(this.text.charAt(this.#at))) {
      throw this.#unreadable(start);
    }
    const own = isList ? { type: 'array', items: schema } : schema;
    return [name, mayBeMissing ? orNull(own) : own];
  }

  /** A type's name, or the values that a field may have. */
  #type(field: string): JsonSchema {
    const named = this.#match(/[^,:[\]{}?]+/uy).trim();
    const values = named.split('|').map((value) => value.trim());
    if (values.length > 1) return choiceOf(field, values);
    const schema = TYPES.get(named);
    if (schema) return schema;
    if (named === '') throw wrongFields(`the field ${quoted(field)} has a colon, but no type`);
    const types = [...TYPES.keys()].join(', ');
    throw wrongFields(`the field ${quoted(field)} has an unknown type, ${quoted(named)}`, types);
  }

  #take(token: string): boolean {
    this.#skipBlanks();
    if (!this.text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #skipBlanks(): void {
    this.#match(/\s+/y);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.#at += found.length;
    return found;
  }

  #unreadable(start: number): GeminiImageError {
    const end = this.text.indexOf(',', start);
    const field = this.text.slice(start, end < 0 ? undefined : end).trim();
    return wrongFields(`${quoted(field)} cannot be read as a field`);
  }
}

/** Whole numbers are numbers in the answer too. */
function choiceOf(field: string, values: readonly string[]): JsonSchema {
  if (values.includes('')) throw wrongFields(`the field ${quoted(field)} has a value without text`);
  if (new Set(values).size < values.length) {
    throw wrongFields(`the field ${quoted(field)} names a value twice`);
  }
  const areNumbers = values.every((value) => /^(0|-?[1-9]\d{0,14})$/.test(value));
  return areNumbers
    ? { type: 'integer', enum: values.map(Number) }
    : { type: 'string', enum: values };
}

function orNull({ type, ...rest }: JsonSchema): JsonSchema {
  const values = Array.isArray(rest.enum) ? { enum: [...rest.enum, null] } : {};
  return { ...rest, ...values, type: [type, 'null'] };
}

function quoted(text = ''): string {
  return `"${printable(text, 60)}"`;
}

function wrongFields(message: string, types?: string): GeminiImageError {
  return usageError(
    message,
    types
      ? `The types are ${types}; a choice is written a|b.`
      : "Fields are named as in 'title, tags[], people:int, mood:calm|busy, when:date, items[]{name, qty:int}, note?'.",
  );
}
