import type { JsonSchema } from '../domain/brief.js';
import { isObject } from '../domain/json.js';

/** What a reference leads to: a schema with a name of its own, or why there is none. */
export type Target =
  | { name: string; pointer: string; schema: unknown; problem?: undefined }
  | { problem: string };

/** Keywords whose schemas apply to the same value as the schema around them. */
const IN_PLACE_LISTS = ['anyOf', 'oneOf', 'allOf'] as const;
const IN_PLACE = ['not', 'if', 'then', 'else'] as const;
/** Keywords that hold values, in which nothing is a reference. */
const VALUES = new Set(['enum', 'const', 'default', 'examples']);

/** Finds what the references of one schema lead to, and which of them lead back. */
export class SchemaPlaces {
  readonly #names = new Map<string, string>();
  readonly #anchors = new Map<string, string>();
  readonly #reached = new Map<string, ReadonlySet<string>>();

  constructor(readonly root: JsonSchema) {
    this.#collectAnchors(root, '', 0);
  }

  targetOf(ref: unknown): Target {
    const pointer = this.#pointerOf(ref);
    if (pointer === undefined) return { problem: 'not inside this schema' };
    const schema = lookUp(this.root, pointer);
    if (schema === undefined) return { problem: 'leads nowhere' };
    if (this.#leadsToItself(pointer, new Set())) return { problem: 'leads to itself' };
    return { name: this.#nameOf(pointer), pointer, schema };
  }

  /** Whether a schema holds a reference, itself or behind others, to one that it lies in. */
  leadsBack(pointer: string): boolean {
    return [...this.#reachedFrom(pointer)].some(
      (target) => pointer === target || pointer.startsWith(`${target}/`),
    );
  }

  /** The JSON pointer that a `$ref` stands for; undefined if it leads out of the schema. */
  #pointerOf(ref: unknown): string | undefined {
    if (typeof ref !== 'string') return undefined;
    if (!/^#(\/|$)/.test(ref)) return this.#anchors.get(ref);
    try {
      return decodeURIComponent(ref.slice(1));
    } catch {
      return undefined;
    }
  }

  /** A name for `$defs`: the name in the schema, else the last step of the pointer. */
  #nameOf(pointer: string): string {
    const known = this.#names.get(pointer);
    if (known !== undefined) return known;
    const last = pointer.slice(pointer.lastIndexOf('/') + 1);
    const wanted = last.replaceAll('~1', '/').replaceAll('~0', '~') || 'root';
    const taken = new Set(this.#names.values());
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
    this.#names.set(pointer, name);
    return name;
  }

  #collectAnchors(schema: unknown, pointer: string, depth: number): void {
    if (typeof schema !== 'object' || schema === null || depth > 200) return;
    if (isObject(schema)) {
      if (typeof schema.$anchor === 'string') this.#anchors.set(`#${schema.$anchor}`, pointer);
      if (typeof schema.$id === 'string') this.#anchors.set(schema.$id, pointer);
    }
    for (const [key, value] of Object.entries(schema)) {
      if (!VALUES.has(key)) this.#collectAnchors(value, pointerTo(pointer, key), depth + 1);
    }
  }

  /** Such a schema says nothing, and a validator would never come to an end with it. */
  #leadsToItself(pointer: string, above: ReadonlySet<string>): boolean {
    if (above.has(pointer)) return true;
    const schema = lookUp(this.root, pointer);
    if (!isObject(schema)) return false;
    const path = new Set([...above, pointer]);
    const next = this.#pointerOf(schema.$ref);
    const inPlace = [
      ...(next === undefined ? [] : [next]),
      ...IN_PLACE.filter((key) => isObject(schema[key])).map((key) => pointerTo(pointer, key)),
      ...IN_PLACE_LISTS.flatMap((key) => {
        const list = schema[key];
        return Array.isArray(list) ? list.map((_, index) => pointerTo(pointer, key, index)) : [];
      }),
    ];
    return inPlace.some((one) => this.#leadsToItself(one, path));
  }

  #reachedFrom(start: string): ReadonlySet<string> {
    const known = this.#reached.get(start);
    if (known) return known;
    const reached = new Set<string>();
    const waiting = [start];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const target of this.#refsIn(lookUp(this.root, next))) {
        if (reached.has(target)) continue;
        reached.add(target);
        waiting.push(target);
      }
    }
    this.#reached.set(start, reached);
    return reached;
  }

  #refsIn(schema: unknown): string[] {
    const found: string[] = [];
    const waiting: unknown[] = [schema];
    const seen = new Set<unknown>();
    while (waiting.length > 0) {
      const next = waiting.pop();
      if (typeof next !== 'object' || next === null || seen.has(next)) continue;
      seen.add(next);
      for (const [key, value] of Object.entries(next)) {
        const target = key === '$ref' ? this.#pointerOf(value) : undefined;
        if (target !== undefined) found.push(target);
        if (!VALUES.has(key)) waiting.push(value);
      }
    }
    return found;
  }
}

/** The JSON pointer to something further inside a document (RFC 6901). */
export function pointerTo(place: string, ...steps: readonly (string | number)[]): string {
  return [place, ...steps.map((step) => escapedStep(String(step)))].join('/');
}

/** A name as a step of a JSON pointer. */
export function escapedStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What a pointer leads to; undefined if it leads nowhere. */
function lookUp(root: unknown, pointer: string): unknown {
  let found = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
