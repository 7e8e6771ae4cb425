// XML as XMP packets have it: read with care, searched by namespace, and changed in place.
import { DOMParser, type Document, type Element, type Node } from '@xmldom/xmldom';
import { inputError } from '../../domain/error.js';
import { XMLNS } from './namespaces.js';

/** More than any editor writes; a hostile file must not keep the process busy for long. */
export const MOST_XMP_BYTES = 16_777_216;

/** In elements, one inside another; the deepest structures of cameras have about 20. */
const MOST_LEVELS = 200;
/** Twice a hundred thousand keywords in each of two fields are fewer. */
const MOST_TAGS = 1_000_000;

const ELEMENT = 1;
const TEXT = 3;

/** Says of a file that its metadata stay as they are, since they are not understood. */
export function notReadable(why: string, cause?: unknown) {
  return inputError(`its XMP cannot be read: ${why}`, undefined, cause);
}

/**
 * @throws GeminiImageError of kind `input` if the text is too large, nested too deep, or not well
 *   formed.
 */
export function parseXml(text: string): Document {
  if (text.length > MOST_XMP_BYTES) throw notReadable('it is larger than 16 MB');
  if (/<!DOCTYPE/i.test(text)) throw notReadable('it has a document type, which XMP never has');
  expectModest(text);
  const problems: string[] = [];
  const parser = new DOMParser({
    locator: false,
    // Warnings are about HTML; anything else means that the text is not what the tree holds. The
    // parser would go on, and a hostile file would keep it busy for long.
    onError(level, message) {
      if (level === 'warning') return;
      problems.push(message);
      throw new Error(message);
    },
  });
  try {
    return parser.parseFromString(text.replace(/^\uFEFF/, ''), 'text/xml');
  } catch (error) {
    // What is thrown last may be about what was thrown first.
    const problem = problems[0] ?? (error instanceof Error ? error.message : String(error));
    const [line = ''] = problem.split('\n');
    throw notReadable(`it is not well-formed XML (${line.slice(0, 100)})`, error);
  }
}

/** A hostile file must not take long, nor exhaust the recursion by which the tree is walked. */
function expectModest(text: string): void {
  let level = 0;
  let tags = 0;
  let start = text.indexOf('<');
  while (start !== -1) {
    const end = endOfMarkup(text, start);
    // What does not end is not well-formed, of which the parser says more.
    if (end === undefined) return;
    if (!'!?'.includes(text[start + 1] ?? '')) {
      if (text[start + 1] === '/') level -= 1;
      else if (text[end - 2] !== '/') level += 1;
      tags += 1;
    }
    if (tags > MOST_TAGS) throw notReadable('it has too many elements');
    if (level > MOST_LEVELS) throw notReadable('its elements are nested too deep');
    start = text.indexOf('<', end);
  }
}

const MARKUP = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** The place behind a tag, a comment or the like; undefined if it does not end. */
function endOfMarkup(text: string, start: number): number | undefined {
  const behind = (sign: string, from: number) => {
    const at = text.indexOf(sign, from);
    return at === -1 ? undefined : at + sign.length;
  };
  for (const [first, last] of MARKUP) {
    if (text.startsWith(first, start)) return behind(last, start + first.length);
  }
  const signs = /["'>]/g;
  signs.lastIndex = start;
  for (let sign = signs.exec(text); sign; sign = signs.exec(text)) {
    if (sign[0] === '>') return signs.lastIndex;
    const closed = behind(sign[0], signs.lastIndex);
    if (closed === undefined) return undefined;
    signs.lastIndex = closed;
  }
  return undefined;
}

/** The document in which new nodes beside this element are made. */
export function documentOf(element: Element): Document {
  const document = element.ownerDocument;
  if (!document) throw new Error('an element is in no document');
  return document;
}

/** The child elements. */
export function elementsIn(parent: Node): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (isElement(node)) found.push(node);
  }
  return found;
}

/** All elements below a node, in the order of the text. */
export function elementsOf(parent: Node): Element[] {
  return elementsIn(parent).flatMap((element) => [element, ...elementsOf(element)]);
}

function isElement(node: Node): node is Element {
  return node.nodeType === ELEMENT;
}

/** Whether an element has this name, whatever its prefix. */
export function isNamed(
  { namespaceURI, localName }: Element,
  namespace: string,
  name: string,
): boolean {
  return namespaceURI === namespace && localName === name;
}

/**
 * A name with the prefix that stands for its namespace at an element. If there is none, the wanted
 * prefix is declared there, with a number if it stands for something else.
 */
export function named(at: Element, namespace: string, wanted: string, name: string): string {
  const known = at.lookupPrefix(namespace);
  if (known) return `${known}:${name}`;
  let prefix = wanted;
  for (let number = 2; at.lookupNamespaceURI(prefix); number += 1) prefix = `${wanted}${number}`;
  at.setAttributeNS(XMLNS, `xmlns:${prefix}`, namespace);
  return `${prefix}:${name}`;
}

/** Inserts an element on a line of its own if the elements beside it, or around it, have theirs. */
export function insertIndented(parent: Element, child: Element, before?: Element): void {
  const document = documentOf(parent);
  let first = parent.firstChild;
  while (first && !isElement(first)) first = first.nextSibling;
  const own = first && indentBefore(first);
  const outer = indentBefore(parent);
  const indent = own ?? (outer === undefined ? undefined : `${outer} `);
  if (before) {
    parent.insertBefore(child, before);
    if (indent !== undefined) parent.insertBefore(document.createTextNode(`\n${indent}`), before);
    return;
  }
  const last = parent.lastChild;
  const isBlank = last?.nodeType === TEXT && (last.nodeValue ?? '').trim() === '';
  const end = isBlank ? last : null;
  if (indent !== undefined) {
    if (end) parent.removeChild(end);
    parent.appendChild(document.createTextNode(`\n${indent}`));
    parent.appendChild(child);
    parent.appendChild(document.createTextNode(`\n${outer ?? indent.slice(1)}`));
  } else parent.insertBefore(child, end);
}

/** The blanks before an element that begins its line; undefined if something else does. */
function indentBefore(element: Element): string | undefined {
  const before = element.previousSibling;
  if (before?.nodeType !== TEXT) return undefined;
  return /\n([ \t]*)$/.exec(before.nodeValue ?? '')?.[1];
}

/** Removes an element and the line break before it. */
export function removeNode(element: Element): void {
  const before = element.previousSibling;
  if (before?.nodeType === TEXT && (before.nodeValue ?? '').trim() === '') {
    element.parentNode?.removeChild(before);
  }
  element.parentNode?.removeChild(element);
}
