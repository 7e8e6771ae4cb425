// Checks a file of settings by the JSON Schema that ships with the package, and says of what it refuses where it
// stands, why, and where it may stand instead.
import { readFile } from 'node:fs/promises';
import {
  COMMAND_LINE_ONLY,
  COMMANDS_WITH_SETTINGS,
  ENVIRONMENT_ONLY,
  flagOfSetting,
  SETTABLE,
} from '../../commands/flags/settable.js';
import { type GeminiImageError, usageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { nearest } from '../../domain/nearest.js';
import { ownFile } from '../../own-files.js';
import { pointerTo } from '../../schema/schema-places.js';
import type { Whose } from './find-files.js';
import type { Places } from './places.js';

/** Flags of one part of a file, by their names in camelCase. */
export type SettingsSet = Readonly<Record<string, unknown>>;

interface Checked {
  whose: Whose;
  /** The path in messages. */
  shown: string;
  places: Places;
  /** Where the user's own file is or would be. */
  own: string | undefined;
}

/** Something that the schema does not take. */
interface Problem {
  pointer: string;
  /** Whether the name is wrong, rather than its value. */
  isName: boolean;
  message: string;
  hint?: string | undefined;
}

/** The part of a file that a pointer leads to, such as `/defaults/check`. */
interface Part {
  /** `defaults`, `presets`, or neither. */
  kind: string;
  /** The command or the preset. */
  name: string;
}

/** @throws GeminiImageError of kind `usage` for the first problem, with the number of the others. */
export async function checkFile(value: unknown, about: Checked) {
  const schema = await shippedSchema(about.whose);
  const problems = problemsIn(value, schema, '', about);
  const [first, ...others] = problems;
  if (first) throw refusal(first, others.length, about);
  const { defaults, presets } = isObject(value) ? value : {};
  return { defaults: setsIn(defaults), presets: setsIn(presets) };
}

function setsIn(value: unknown): Readonly<Record<string, SettingsSet>> {
  const sets = Object.entries(isObject(value) ? value : {}).flatMap(([name, set]) =>
    isObject(set) ? [[name, set] as const] : [],
  );
  return Object.fromEntries(sets);
}

async function shippedSchema(whose: Whose): Promise<unknown> {
  const file = ownFile(`schema/${whose}.json`);
  return JSON.parse(await readFile(file, 'utf8'));
}

function refusal(
  { pointer, isName, message, hint }: Problem,
  others: number,
  { shown, places }: Checked,
): GeminiImageError {
  const { line, column } = isName ? places.name(pointer) : places.value(pointer);
  const more = others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'problem' : 'problems'})`;
  return usageError(
    `${shown}:${line}:${column}: ${message}${more}`,
    hint ?? 'docs/presets.md says what it may hold; --no-config leaves it out.',
  );
}

const NO_MORE = 'A project may ask for no more than that; your own file and the command line may.';

/** Of JSON Schema, this knows what `scripts/settings-schemas.mjs` writes. */
function problemsIn(value: unknown, schema: unknown, pointer: string, about: Checked): Problem[] {
  if (!isObject(schema)) return [];
  const wrong = (): Problem[] => [
    {
      pointer,
      isName: false,
      message: `${nameOf(pointer)} has to be ${wantedBy(schema)}, and is ${inWords(value)}`,
      ...(about.whose === 'project' && SETTABLE[nameOf(pointer)]?.inProject && { hint: NO_MORE }),
    },
  ];
  if (!isOfType(value, schema.type)) return wrong();
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return wrong();
  if (typeof value === 'number' && !isInRange(value, schema)) return wrong();
  if (typeof value === 'string' && value.length < Number(schema.minLength ?? 0)) return wrong();
  if (Array.isArray(value) && schema.items !== undefined) {
    return value.flatMap((item, index) =>
      problemsIn(item, schema.items, pointerTo(pointer, index), about),
    );
  }
  if (!isObject(value) || schema.additionalProperties === undefined) return [];
  const known = isObject(schema.properties) ? schema.properties : {};
  const names = isObject(schema.propertyNames) ? String(schema.propertyNames.pattern) : '';
  return Object.entries(value).flatMap(([name, entry]) => {
    const place = pointerTo(pointer, name);
    if (!new RegExp(names, 'u').test(name)) return [badName(name, place)];
    if (Object.hasOwn(known, name)) return problemsIn(entry, known[name], place, about);
    if (schema.additionalProperties === false) {
      return [unknownName(name, place, Object.keys(known), about)];
    }
    return problemsIn(entry, schema.additionalProperties, place, about);
  });
}

function isOfType(value: unknown, types: unknown): boolean {
  const is: Readonly<Record<string, boolean>> = {
    object: isObject(value),
    array: Array.isArray(value),
    string: typeof value === 'string',
    boolean: typeof value === 'boolean',
    number: typeof value === 'number' && Number.isFinite(value),
    integer: Number.isInteger(value),
  };
  return [types].flat().some((type) => is[String(type)]);
}

function isInRange(value: number, schema: Readonly<Record<string, unknown>>): boolean {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema;
  return value >= Number(minimum) && value <= Number(maximum) && value > Number(exclusiveMinimum);
}

function wantedBy(schema: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(', ')}`;
  const { minimum, maximum, exclusiveMinimum } = schema;
  const range = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
  ].join(' ');
  const words: Readonly<Record<string, string>> = {
    object: 'an object',
    array: 'a list of texts',
    string: 'a text',
    boolean: 'true or false',
    number: `a number ${range}`,
    integer: `a whole number ${range}`,
  };
  return [schema.type]
    .flat()
    .map((type) => words[String(type)])
    .join(' or ')
    .trim();
}

function inWords(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  if (value === '') return 'empty';
  const shown = JSON.stringify(value);
  const short = shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
  return typeof value === 'string' ? `the text ${short}` : short;
}

/** The last step of a pointer, as a name in a message. */
function nameOf(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  const last = steps.at(-1);
  if (last === undefined) return 'the file';
  const name = last.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(name) ? `entry ${Number(name) + 1} of ${steps.at(-2)}` : name;
}

function badName(name: string, pointer: string): Problem {
  return {
    pointer,
    isName: true,
    message: `${JSON.stringify(name)} is no name for a preset`,
    hint: 'A name has letters, digits, dots, dashes and underscores, such as web or alt-de.',
  };
}

function unknownName(
  name: string,
  pointer: string,
  known: readonly string[],
  about: Checked,
): Problem {
  const [kind = '', part = ''] = pointer.split('/').slice(1);
  const isFlag = pointer.split('/').length === 4;
  const problem = (message: string, hint?: string) => ({
    pointer,
    isName: true,
    message,
    ...(hint !== undefined && { hint }),
  });
  if (isFlag) {
    const refused = whyRefused(name, { kind, name: part }, about);
    if (refused) return problem(refused.message, refused.hint);
  }
  const what = isFlag ? 'setting' : kind === 'defaults' && part !== '' ? 'command' : 'entry';
  const misplaced = isFlag ? undefined : wherePlaced(name, kind);
  const near = nearest(name, known);
  const all = known.length > 12 ? undefined : `There are ${known.join(', ')}.`;
  return problem(
    `there is no ${what} ${JSON.stringify(name)} here${near === undefined ? '' : `; did you mean ${near}?`}`,
    misplaced ?? all,
  );
}

/** Why what is known elsewhere may not stand here; undefined if it is known nowhere. */
function whyRefused(
  name: string,
  { kind, name: part }: Part,
  { whose, own }: Checked,
): { message: string; hint: string } | undefined {
  const small = name.toLowerCase().replace(/[^a-z]/g, '');
  const environment = Object.hasOwn(ENVIRONMENT_ONLY, small) ? ENVIRONMENT_ONLY[small] : undefined;
  if (environment) {
    return {
      message: `${name} may stand in no file of settings: ${environment.why}`,
      hint: environment.todo,
    };
  }
  const flag = flagOfSetting(name);
  if (Object.hasOwn(COMMAND_LINE_ONLY, name)) {
    return {
      message: `${name} may stand in no file of settings: ${COMMAND_LINE_ONLY[name]}`,
      hint: `Give ${flag} on the command line${name === 'baseUrl' ? ', or set GOOGLE_GEMINI_BASE_URL in the environment' : ''}.`,
    };
  }
  const settable = Object.hasOwn(SETTABLE, name) ? SETTABLE[name] : undefined;
  if (!settable) return undefined;
  const file = `your own file${own === undefined ? '' : ` (${own})`}`;
  const isRefused =
    whose === 'project' ? settable.level !== 'project' : settable.level === 'preset';
  if (!isRefused || (whose === 'user' && kind === 'presets')) {
    return {
      message:
        part === '*' ? `${name} means something else in each command` : `${part} has no ${flag}`,
      hint: 'Set it for the commands that have it.',
    };
  }
  const place = settable.level === 'preset' ? `a preset of ${file}` : file;
  const here = whose === 'project' ? "in a project's file" : 'among defaults';
  return {
    message: `${name} may not stand ${here}: ${settable.why}`,
    hint: `It may stand in ${place}, or on the command line: ${flag}.`,
  };
}

/** Where what stands at the top, or in the place of a command, belongs. */
function wherePlaced(name: string, kind: string): string | undefined {
  const isCommand = Object.hasOwn(COMMANDS_WITH_SETTINGS, name);
  if (isCommand) return `Write {"defaults": {"${name}": {…}}}.`;
  if (!Object.hasOwn(SETTABLE, name)) return undefined;
  const value = kind === 'defaults' ? '' : ' or {"presets": {"web": {…}}}';
  return `Flags stand in {"defaults": {"describe": {"${name}": …}}}${value}.`;
}
