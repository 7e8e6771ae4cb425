import { decodeNamedCharacterReference } from 'decode-named-character-reference';
import type { Splice } from '../../page-image.js';
import { plain } from '../flow.js';

/** A part of a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** An image as Markdown writes it: what stands in its brackets, and the name of its definition. */
export interface WrittenImage {
  readonly end: number;
  /** Where its alternative text stands. */
  readonly label: Range;
  /** The name of its definition, and where that stands, if it is told apart from the text. */
  readonly reference?: { readonly name: string; readonly range?: Range } | undefined;
  readonly inTable: boolean;
}

/** The changes that give an image another label. */
export function labelEdits(
  text: string,
  { label, reference, end, inTable }: WrittenImage,
  alt: string,
): Splice[] {
  const words = escapeLabel(alt, inTable);
  if (!reference || reference.range) return [{ ...label, text: words }];
  const name = text.slice(label.start, label.end);
  // `![name]` and `![name][]`: the name moves behind the text.
  const at = text.slice(label.end, end).indexOf('[]');
  if (at === -1) return [{ start: label.start, end, text: `${words}][${name}]` }];
  const brackets = label.end + at;
  return [
    { ...label, text: words },
    { start: brackets, end: brackets + 2, text: `[${name}]` },
  ];
}

/**
 * What may mean something in a label. A brace begins an expression of MDX, and with a second sign a
 * command of a template.
 */
const MARKS = /[\\[\]`*_<&~{]|^\^|(?<=[{<[])[%#?]/g;

/** A text as the label of an image. */
function escapeLabel(alt: string, inTable: boolean): string {
  const words = plain(alt);
  const escaped = words.replace(MARKS, (mark, at: number) => {
    const [before = ' ', after = ' '] = [words[at - 1], words[at + 1]];
    // Within a word, these mean nothing.
    if (mark === '_' && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after)) return mark;
    if (mark === '&' && !/^&#?\w+;/.test(words.slice(at))) return mark;
    if (mark === '~' && after !== '~' && before !== '~') return mark;
    if (mark === '*' && before === ' ' && after === ' ' && at > 0) return mark;
    return `\\${mark}`;
  });
  return inTable ? escaped.replaceAll('|', '\\|') : escaped;
}

/** A value of an attribute with its character references resolved; a backslash stays one there. */
export function withoutReferences(value: string): string {
  return unescaped(value.replaceAll('\\', '\\\\'));
}

const ESCAPE = /\\([!-/:-@[-`{-~])|&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{0,40}));/gi;

/** A text with its escapes and character references resolved. */
export function unescaped(text: string): string {
  return text.replace(ESCAPE, (whole, mark, decimal, hex, name) => {
    if (mark !== undefined) return mark;
    if (name !== undefined) return decodeNamedCharacterReference(name) || whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : '\ufffd';
  });
}
