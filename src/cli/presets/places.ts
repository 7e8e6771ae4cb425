import { pointerTo } from '../../schema/schema-places.js';

/** A place in a text; both count from 1, the column in characters. */
export interface Place {
  line: number;
  column: number;
}

/** Where things stand in a JSON text, by their JSON pointers. */
export interface Places {
  /** Where a name stands; for an item of a list, and for the whole, the value. */
  name(pointer: string): Place;
  value(pointer: string): Place;
  /** A name that its object has twice, and where it stands the first time. */
  doubled: { pointer: string; first: Place } | undefined;
}

/** An object or a list that is being read. */
interface Open {
  pointer: string;
  /** The name that the next value has; in a list, its number. */
  step: string | number;
  isObject: boolean;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;

/** @param text which is JSON. */
export function placesIn(text: string): Places {
  const names = new Map<string, number>();
  const values = new Map<string, number>();
  const open: Open[] = [];
  let doubled: { pointer: string; first: Place } | undefined;
  let awaitsName = false;
  const here = () => {
    const around = open.at(-1);
    return around ? pointerTo(around.pointer, around.step) : '';
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const around = open.at(-1);
    if (token === '}' || token === ']') {
      open.pop();
      awaitsName = false;
    } else if (token === ',') {
      if (around && typeof around.step === 'number') around.step += 1;
      awaitsName = around?.isObject ?? false;
    } else if (awaitsName && around) {
      around.step = String(JSON.parse(token));
      const first = names.get(here());
      if (first !== undefined) doubled ??= { pointer: here(), first: placeAt(text, first) };
      names.set(here(), index);
      awaitsName = false;
    } else if (token !== ':') {
      values.set(here(), index);
      const isObject = token === '{';
      if (isObject || token === '[') {
        open.push({ pointer: here(), step: isObject ? '' : 0, isObject });
        awaitsName = isObject;
      }
    }
  }
  const value = (pointer: string) => placeAt(text, values.get(pointer) ?? 0);
  return {
    name: (pointer) => placeAt(text, names.get(pointer) ?? values.get(pointer) ?? 0),
    value,
    doubled,
  };
}

function placeAt(text: string, at: number): Place {
  const before = text.slice(0, at);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(start)].length + 1 };
}
