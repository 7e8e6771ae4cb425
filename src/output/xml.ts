/** An element of an XML document. */
export interface XmlElement {
  name: string;
  attributes: Readonly<Record<string, string | number>>;
  /** A text, or nested elements. */
  content: string | readonly XmlElement[];
}

/**
 * An XML 1.0 document. Readers get back every text and attribute unchanged, except that U+FFFD
 * stands for characters that XML forbids.
 */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(root, '')}`;
}

function xmlElement({ name, attributes, content }: XmlElement, indent: string): string {
  const values = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapedAttribute(String(value))}"`,
  );
  const start = `${indent}<${name}${values.join('')}`;
  if (content.length === 0) return `${start}/>\n`;
  if (typeof content === 'string') return `${start}>${escapedText(content)}</${name}>\n`;
  const inside = content.map((element) => xmlElement(element, `${indent}  `));
  return `${start}>\n${inside.join('')}${indent}</${name}>\n`;
}

/**
 * XML readers turn a carriage return into a line feed, and white space in an attribute into a
 * space.
 */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapedText(text: string): string {
  return permitted(text).replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}

function escapedAttribute(text: string): string {
  return permitted(text).replace(/[&<>"'\t\n\r]/g, (char) => ESCAPES[char] ?? char);
}

/** Control characters, halves of surrogate pairs, U+FFFE and U+FFFF are not allowed in XML 1.0. */
const FORBIDDEN = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function permitted(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD');
}
