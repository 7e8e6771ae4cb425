// What the answers about a picture say, by the fields that they go into.
import { isObject } from '../../domain/json.js';
import type { FieldValue } from '../../domain/record.js';
import { type AnsweredRow, reviewOf } from '../../records/rows/picture-row.js';
import type { Wanted } from './decide.js';
import { type Field, type FieldMap, fieldNamed, inLanguage, TAG_FIELDS } from './fields.js';
import { storable } from './storable.js';

/** An answer for a field. */
export interface WantedField extends Wanted {
  field: Field;
  /** Who wrote it: the model, or the name of the person; undefined for a person without a name. */
  writer: string | undefined;
  /** For one language of a field: it goes with the text for all languages. */
  isVariant: boolean;
}

/** The tags of a picture: single words, and paths from the top down. */
export interface WantedTags {
  words: readonly string[];
  paths: readonly (readonly string[])[];
  isEdited: boolean;
  /** The fields for paths that are written even if there are none. */
  trees: ReadonlySet<string>;
}

export interface WantedWords {
  fields: readonly WantedField[];
  /** Undefined if no tags are to be written. */
  tags: WantedTags | undefined;
}

interface NamedValue {
  value: FieldValue;
  language: string | undefined;
  isEdited: boolean;
  writer: string | undefined;
}

const TAG_NAMES: ReadonlySet<string> = new Set(Object.values(TAG_FIELDS));

/** Between the levels of a tag that comes from a vocabulary. */
const LEVELS = /\s+>\s+/;

/** What stands in for a caption if there is none. */
const INSTEAD_OF_CAPTION = ['detailed', 'text'];

export function wantedOf(row: AnsweredRow, map: FieldMap): WantedWords {
  const values = valuesIn(row);
  if (!values.has('caption')) {
    const instead = INSTEAD_OF_CAPTION.find((name) => values.has(name));
    const found = instead === undefined || map.has(instead) ? undefined : values.get(instead);
    if (found) values.set('caption', found);
  }
  const fields = new Map<string, WantedField>();
  let tags: WantedTags | undefined;
  for (const [answer, names] of map) {
    for (const { value, language, isEdited, writer } of values.get(answer) ?? []) {
      for (const name of names) {
        // Tags have rules of their own.
        if (TAG_NAMES.has(name)) {
          tags ??= { ...tagsIn(value), isEdited, trees: new Set(names) };
          continue;
        }
        const field = fieldNamed(name);
        const told = { value: forField(field, value), isEdited, writer };
        if (!fields.has(name)) fields.set(name, { field, ...told, isVariant: false });
        if (language === undefined || field.kind !== 'lang') continue;
        const variant = inLanguage(field, language);
        fields.set(variant.name, { field: variant, ...told, isVariant: true });
      }
    }
  }
  return { fields: [...fields.values()], tags };
}

/** The answers by the names of their styles, and the fields of JSON as `data.name`. */
function valuesIn(row: AnsweredRow): Map<string, NamedValue[]> {
  const values = new Map<string, NamedValue[]>();
  const add = (name: string, value: unknown, record: AnsweredRow['newest']) => {
    const text = fieldValue(value);
    if (text === undefined) return;
    const { reviewed, edited, by } = reviewOf(record);
    if (reviewed === 'rejected') return;
    const writer = edited ? by : `gemini-image ${record.model}`;
    const one = { value: text, language: record.asked?.lang, isEdited: edited, writer };
    values.set(name, [...(values.get(name) ?? []), one]);
  };
  for (const [name, { value, record }] of row.answers) {
    const language = record.asked?.lang;
    const isNamed = language !== undefined && name.endsWith(`.${language}`);
    const style = isNamed ? name.slice(0, -language.length - 1) : name;
    if (isObject(value)) {
      const { alt, description } = value;
      add(style, alt, record);
      add(`${style}.description`, description, record);
    } else add(style, value, record);
  }
  for (const [name, { value, record }] of row.fields) add(`data.${name}`, value, record);
  return values;
}

function fieldValue(value: unknown): FieldValue | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return storable(value) || undefined;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const texts = value.filter((one) => typeof one === 'string');
  if (texts.length < value.length) return undefined;
  const stored = texts.map(storable).filter((text) => text !== '');
  return stored.length === 0 ? undefined : stored;
}

/** A list in a field of text becomes a text, and a text in a field of a list its only entry. */
function forField({ kind }: Field, value: FieldValue): FieldValue {
  const isList = kind === 'bag' || kind === 'seq';
  if (typeof value === 'string') return isList ? [value] : value;
  return kind === 'lang' || kind === 'text' ? value.join('; ') : value;
}

function tagsIn(value: FieldValue): Pick<WantedTags, 'words' | 'paths'> {
  const all = (typeof value === 'string' ? value.split(/\s*[,;]\s*/) : value).map((tag) =>
    tag.split(LEVELS),
  );
  return {
    words: [...new Set(all.flatMap((levels) => levels.at(-1) ?? []))],
    paths: all.filter((levels) => levels.length > 1),
  };
}
