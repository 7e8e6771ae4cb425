// Parses JSON into a request message, as Google's proto3 JSON parser does: fields in camelCase or
// snake_case, null as absent, a single message in place of a list, numbers also as strings. Every
// field that is not in the tables is refused.
import { badRequest, type FieldViolation } from '../http/errors.js';
import { type Field, MESSAGES, type MessageName } from './messages.js';
import type { CountTokensRequest, CreateFileRequest, GenerateContentRequest } from './requests.js';

type JsonObject = Record<string, unknown>;
/** Stands for a value that was refused, or was null. */
const NOTHING = Symbol('nothing');

const TYPE_PREFIX = 'type.googleapis.com/google.ai.generativelanguage.v1beta.';
const DEEPEST = 100;
const MOST_VIOLATIONS = 50;

/**
 * Throws 400 that names every field at fault, by its path in snake_case. The types of
 * requests.ts hold because the tables have checked the same fields.
 */
export function parseGenerateContentRequest(json: unknown): GenerateContentRequest {
  return parse('GenerateContentRequest', json) as GenerateContentRequest;
}

/** As `parseGenerateContentRequest`. */
export function parseCreateFileRequest(json: unknown): CreateFileRequest {
  return parse('CreateFileRequest', json) as CreateFileRequest;
}

/** As `parseGenerateContentRequest`. */
export function parseCountTokensRequest(json: unknown): CountTokensRequest {
  return parse('CountTokensRequest', json) as CountTokensRequest;
}

function parse(name: MessageName, json: unknown): JsonObject {
  if (!isObject(json)) {
    throw badRequest([
      {
        description:
          'Invalid JSON payload received. Unknown name "": Root element must be a message.',
      },
    ]);
  }
  const reader = new Reader();
  const message = reader.message(name, json, '', 0);
  if (reader.violations.length > 0) throw badRequest(reader.violations);
  return message;
}

class Reader {
  readonly violations: FieldViolation[] = [];

  message(name: MessageName, json: JsonObject, path: string, depth: number): JsonObject {
    const message: JsonObject = {};
    if (depth > DEEPEST) {
      this.#refuse(path, 'Message too deep. Max recursion depth reached.');
      return message;
    }
    const spellings = SPELLINGS[name];
    for (const [given, value] of Object.entries(json)) {
      const spelling = spellings.get(given);
      if (spelling === undefined) {
        const where = path === '' ? '' : ` at '${path}'`;
        this.#refuse(path, `Unknown name "${given}"${where}: Cannot find field.`);
        continue;
      }
      const inner = path === '' ? spelling.snake : `${path}.${spelling.snake}`;
      const read = this.#field(spelling.field, value, inner, depth + 1);
      if (read !== NOTHING) message[spelling.camel] = read;
    }
    return message;
  }

  #field(field: Field, value: unknown, path: string, depth: number): unknown {
    if (value === null && field !== 'value') return NOTHING;
    if (typeof field === 'string') return this.#scalar(field, value, path);
    if ('list' in field) return this.#list(field.list, value, path, depth);
    if ('map' in field) return this.#map(field.map, value, path, depth);
    if ('enum' in field) {
      const wanted = typeof value === 'string' ? value.toUpperCase() : undefined;
      const known = field.values.find((name) => name === wanted);
      return known ?? this.#wrong(path, TYPE_PREFIX + field.enum, value);
    }
    if (!isObject(value)) return this.#wrong(path, TYPE_PREFIX + field.message, value);
    return this.message(field.message, value, path, depth);
  }

  #list(item: Field, value: unknown, path: string, depth: number): unknown {
    // Google's own examples write `"parts": {"text": "…"}`.
    const values = Array.isArray(value) ? value : undefined;
    if (values === undefined) {
      const only = this.#field(item, value, path, depth);
      return only === NOTHING ? NOTHING : [only];
    }
    const read = values.map((one, index) => this.#field(item, one, `${path}[${index}]`, depth));
    return read.filter((one) => one !== NOTHING);
  }

  #map(item: Field, value: unknown, path: string, depth: number): unknown {
    if (!isObject(value)) return this.#wrong(path, 'Map', value);
    const read = Object.entries(value).map(
      ([key, one]) => [key, this.#field(item, one, `${path}[${key}]`, depth)] as const,
    );
    return Object.fromEntries(read.filter(([, one]) => one !== NOTHING));
  }

  #scalar(kind: Extract<Field, string>, value: unknown, path: string): unknown {
    switch (kind) {
      case 'value':
        return value;
      case 'struct':
        return isObject(value) ? value : this.#wrong(path, 'Struct', value);
      case 'bool':
        return typeof value === 'boolean' ? value : this.#wrong(path, 'TYPE_BOOL', value);
      case 'string':
        return typeof value === 'string' ? value : this.#wrong(path, 'TYPE_STRING', value);
      case 'int32': {
        const number = readNumber(value);
        const fits = number !== undefined && Number.isInteger(number) && number === (number | 0);
        return fits ? number : this.#wrong(path, 'TYPE_INT32', value);
      }
      case 'int64': {
        const number = readNumber(value);
        return Number.isSafeInteger(number) ? number : this.#wrong(path, 'TYPE_INT64', value);
      }
      case 'float':
        return readNumber(value) ?? this.#wrong(path, 'TYPE_FLOAT', value);
      case 'bytes': {
        if (typeof value !== 'string') return this.#wrong(path, 'TYPE_BYTES', value);
        const bytes = decodeBase64(value);
        if (bytes !== undefined) return bytes;
        const problem = `Base64 decoding failed for ${excerpt(value)}`;
        this.#add(path, `Invalid value at '${path}' (TYPE_BYTES), ${problem}`);
        return NOTHING;
      }
    }
  }

  #wrong(path: string, type: string, value: unknown): typeof NOTHING {
    this.#add(path, `Invalid value at '${path}' (${type}), ${excerpt(value)}`);
    return NOTHING;
  }

  #refuse(path: string, problem: string): void {
    this.#add(path, `Invalid JSON payload received. ${problem}`);
  }

  #add(path: string, description: string): void {
    if (this.violations.length >= MOST_VIOLATIONS) return;
    this.violations.push(path === '' ? { description } : { field: path, description });
  }
}

interface Spelling {
  readonly camel: string;
  readonly snake: string;
  readonly field: Field;
}

const SPELLINGS = Object.fromEntries(
  Object.entries(MESSAGES).map(([name, fields]) => [name, spellingsOf(fields)]),
) as Record<MessageName, ReadonlyMap<string, Spelling>>;

function spellingsOf(fields: Readonly<Record<string, Field>>): ReadonlyMap<string, Spelling> {
  return new Map(
    Object.entries(fields).flatMap(([camel, field]): [string, Spelling][] => {
      const snake = camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const spelling = { camel, snake, field };
      return [
        [camel, spelling],
        [snake, spelling],
      ];
    }),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return undefined;
  return Number(value);
}

/** Node skips characters that are not base64, so the result is checked for missing bytes. */
function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

/** Google repeats the whole value; its beginning is enough to find it. */
function excerpt(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return '[…]';
  return isObject(value) ? '{…}' : String(value);
}
