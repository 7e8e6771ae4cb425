import { createRequire } from 'node:module';

/**
 * An XML 1.0 document. In `root`, a key that begins with `@_` is an attribute, `#text` is the text
 * of its element, and every other key is an element, or several of them where it holds an array.
 * Text is read back as it is, except that what XML forbids is U+FFFD.
 */
export function xmlDocument(root: object): string {
  // Loaded here, since who asks for another format should not wait for it.
  const require = createRequire(import.meta.url);
  const { default: XmlBuilder }: typeof import('fast-xml-builder') = require('fast-xml-builder');
  const builder = new XmlBuilder({
    format: true,
    ignoreAttributes: false,
    suppressEmptyNode: true,
    // An attribute whose value is "true" would lose it, and the document its form.
    suppressBooleanAttributes: false,
    // Escaped here, since it leaves line breaks as they are, and readers change those.
    processEntities: false,
    attributeValueProcessor: (_, value) => escapedAttribute(String(value)),
    tagValueProcessor: (_, value) => escapedText(String(value)),
  });
  return builder.build({ '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' }, ...root });
}

/** A reader takes a carriage return for a line feed, and any white space in an attribute for a blank. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapedText(text: string): string {
  return permitted(text).replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}

function escapedAttribute(text: string): string {
  return permitted(text).replace(/[&<>"\t\n\r]/g, (char) => ESCAPES[char] ?? char);
}

/** Control characters, halves of surrogate pairs, U+FFFE and U+FFFF are in no XML 1.0 document. */
const FORBIDDEN = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function permitted(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD');
}
