import { usageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { readNamedText } from '../../run/text-flag.js';
import { findJsonBreak } from '../../schema/json-break.js';
import { checkOwnName, type OwnStyle, ownStyle } from './own-style.js';
import { STYLE_NAMES, type StyleName } from './style-names.js';
import type { StyleChoice } from './styled-prompt.js';

/** What a file of `--styles-file` holds. */
export interface StylesFile {
  /** Every style by its name, also those that stand in a set. */
  readonly styles: ReadonlyMap<string, OwnStyle>;
  /** The styles of each set, by the name of the set. */
  readonly sets: ReadonlyMap<string, readonly StyleChoice[]>;
}

/**
 * Reads the user's own styles. Each entry of the file is a style, `{"prompt": …}`; a set of styles,
 * by name; or a set as a list of names.
 *
 * @throws GeminiImageError of kind `usage` that names the entry that is wrong.
 */
export async function readStylesFile(path: string, signal?: AbortSignal): Promise<StylesFile> {
  const text = await readNamedText(path, 'the styles file', signal);
  return parseStyles(parsed(text, path), path);
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = findJsonBreak(text);
    const place = found ? `: it breaks at line ${found.line}, column ${found.column}` : '';
    throw usageError(
      `the styles file ${path} is not valid JSON${place}`,
      'Names stand in double quotes, and no comma follows the last entry.',
      cause,
    );
  }
}

/**
 * @param path the file's name, for messages.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseStyles(value: unknown, path: string): StylesFile {
  if (!isObject(value)) {
    throw usageError(
      `the styles file ${path} holds no styles`,
      'It is one object, as in {"headline": {"prompt": "…", "maxChars": 60}}.',
    );
  }
  const styles = new Map<string, OwnStyle>();
  const add = (name: string, entry: unknown): OwnStyle => {
    const style = styleIn(name, entry, path);
    if (styles.has(name)) throw wrong(path, name, 'is there twice');
    styles.set(name, style);
    return style;
  };
  const sets = new Map<string, readonly StyleChoice[]>();
  const lists: [string, readonly unknown[]][] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (isObject(entry) && typeof entry.prompt === 'string') add(name, entry);
    else if (Array.isArray(entry)) lists.push([named(name, path), entry]);
    else if (isObject(entry) && Object.values(entry).length > 0) {
      const own = Object.entries(entry).map(([one, style]) => add(one, style));
      sets.set(named(name, path), own);
    } else throw wrong(path, name, 'is neither a style nor a set of styles');
  }
  // Lists come last, since they may name every style of the file.
  for (const [name, list] of lists) {
    if (list.length === 0) throw wrong(path, name, 'is an empty set');
    sets.set(
      name,
      list.map((one) => choiceNamed(one, styles) ?? unknownIn(path, name, one)),
    );
  }
  for (const name of sets.keys()) {
    if (styles.has(name)) throw wrong(path, name, 'is the name of a style and of a set');
  }
  return { styles, sets };
}

function named(name: string, path: string): string {
  checkOwnName(name, `a set in the styles file ${path}`);
  return name;
}

function choiceNamed(
  name: unknown,
  styles: ReadonlyMap<string, OwnStyle>,
): StyleChoice | undefined {
  if (typeof name !== 'string') return undefined;
  return STYLE_NAMES.find((known): known is StyleName => known === name) ?? styles.get(name);
}

function unknownIn(path: string, set: string, name: unknown): never {
  throw wrong(path, set, `names ${JSON.stringify(name)}, which is no style`);
}

/** How each property of a style is checked, with what it has to be. */
const PROPERTIES: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  prompt: [(value) => typeof value === 'string' && value.trim() !== '', 'a text'],
  maxChars: [isCount, 'a whole number, 1 or more'],
  maxWords: [isCount, 'a whole number, 1 or more'],
  oneLine: [isBoolean, 'true or false'],
  list: [isBoolean, 'true or false'],
  lowercase: [isBoolean, 'true or false'],
};

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function styleIn(name: string, entry: unknown, path: string): OwnStyle {
  if (!isObject(entry))
    throw wrong(path, name, 'is no style: it has to be an object with a prompt');
  for (const [property, value] of Object.entries(entry)) {
    const known = Object.hasOwn(PROPERTIES, property) ? PROPERTIES[property] : undefined;
    if (!known) {
      const all = Object.keys(PROPERTIES).join(', ');
      throw wrong(path, name, `has ${JSON.stringify(property)}, and a style has ${all}`);
    }
    const [isRight, what] = known;
    if (!isRight(value)) throw wrong(path, name, `has a ${property} that is not ${what}`);
  }
  const { prompt, maxChars, maxWords, oneLine, list, lowercase } = entry;
  if (typeof prompt !== 'string') throw wrong(path, name, 'has no prompt');
  const style = {
    ...{ name, prompt },
    ...(isCount(maxChars) && { maxChars }),
    ...(isCount(maxWords) && { maxWords }),
    ...(isBoolean(oneLine) && { oneLine }),
    ...(isBoolean(list) && { list }),
    ...(isBoolean(lowercase) && { lowercase }),
  };
  checkOwnName(name, `a style in the styles file ${path}`);
  // Checks the placeholders of the prompt.
  ownStyle(style);
  return style;
}

function wrong(path: string, name: string, what: string) {
  return usageError(
    `the styles file ${path}: ${name} ${what}`,
    'docs/styles.md shows such a file.',
  );
}
