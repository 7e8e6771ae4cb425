import type { JsonSchema } from '../domain/brief.js';
import { GeminiImageError } from '../domain/error.js';
import { printable } from './printable.js';

/** The types of a field, by each of their names. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['str', 'string'],
  ['text', 'string'],
  ['int', 'integer'],
  ['integer', 'integer'],
  ['number', 'number'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['boolean', 'boolean'],
]);

const FIELD =
  /^(?<name>[\p{L}\p{M}\p{N}_-]+)(?<array>\[\])?(?<mark>\?)?(?:\s*:\s*(?<type>[^\s:[\]?]+)(?<typeArray>\[\])?(?<typeMark>\?)?)?$/u;

/**
 * The schema that a short form like `title, tags[], people:int, note?` stands for: an object with
 * these properties and no others. What may be missing may be null instead, so that every answer
 * has the same keys.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function schemaOfFields(text: string): JsonSchema {
  if (text.trim() === '') throw wrongFields('no field is named');
  const properties = new Map<string, JsonSchema>();
  for (const part of text.split(',')) {
    const [name, schema] = fieldOf(part.trim());
    if (properties.has(name)) throw wrongFields(`the field ${quoted(name)} is named twice`);
    properties.set(name, schema);
  }
  return {
    type: 'object',
    // Made from entries, since an assignment to `__proto__` would make no property.
    properties: Object.fromEntries(properties),
    required: [...properties.keys()],
    additionalProperties: false,
  };
}

function fieldOf(field: string): [name: string, schema: JsonSchema] {
  if (field === '')
    throw wrongFields('between two commas, or after the last one, no field is named');
  const { name, array, mark, type, typeArray, typeMark } = FIELD.exec(field)?.groups ?? {};
  if (name === undefined || (array && typeArray) || (mark && typeMark)) {
    throw wrongFields(`${quoted(field)} cannot be read as a field`);
  }
  const jsonType = TYPES.get(type ?? 'string');
  if (!jsonType) {
    const known = [...TYPES.keys()].join(', ');
    throw wrongFields(`the field ${quoted(name)} has an unknown type, ${quoted(type)}`, known);
  }
  const isArray = Boolean(array ?? typeArray);
  const own = isArray ? 'array' : jsonType;
  return [
    name,
    {
      type: (mark ?? typeMark) ? [own, 'null'] : own,
      ...(isArray && { items: { type: jsonType } }),
    },
  ];
}

function quoted(text = ''): string {
  return `"${printable(text, 60)}"`;
}

function wrongFields(message: string, types?: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message,
    hint: types
      ? `The types are ${types}.`
      : "Fields are named as in 'title, tags[], people:int, safe:bool, note?'.",
  });
}
