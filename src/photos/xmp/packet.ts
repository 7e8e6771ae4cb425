// The XML of an XMP packet (ISO 16684-1), in which everything that is not touched stays as it is.
import { type Document, type Element, XMLSerializer } from '@xmldom/xmldom';
import { version } from '../../domain/version.js';
import { NAMESPACES, XML, XMLNS } from './namespaces.js';
import {
  documentOf,
  elementsIn,
  elementsOf,
  insertIndented,
  isNamed,
  named,
  notReadable,
  parseXml,
  removeNode,
} from './xml.js';

/** One of the properties of XMP. */
export interface PropertyName {
  /** The address of its namespace. */
  readonly namespace: string;
  /** The prefix for a file that has none for this namespace yet. */
  readonly prefix: string;
  readonly name: string;
}

/**
 * How a property is stored: as plain text, as a text with one version for each language, or as a list
 * whose order does not matter (`bag`) or does (`seq`).
 */
export type PropertyKind = 'text' | 'lang' | 'bag' | 'seq';

/** The language of a text that suits every reader. */
export const ANY_LANGUAGE = 'x-default';

/** The properties of one packet. */
export interface Packet {
  /** The text of a property in a language, or its first text; undefined if it has none. */
  text(property: PropertyName, language?: string): string | undefined;
  /** Whether a property has parts of its own, such as a place or a region; these are never changed. */
  isStructure(property: PropertyName): boolean;
  /** The entries of a list; a single text counts as a list of one. */
  list(property: PropertyName): string[];
  /** The names of a structure's or a list's parts below a property, wherever they are in it. */
  deep(property: PropertyName, part: PropertyName): DeepValue[];
  /** Changes a text; undefined removes it. */
  setText(
    property: PropertyName,
    kind: Extract<PropertyKind, 'text' | 'lang'>,
    value: string | undefined,
    language?: string,
  ): void;
  /** Changes a list; an empty one is removed. */
  setList(
    property: PropertyName,
    kind: Extract<PropertyKind, 'bag' | 'seq'>,
    values: readonly string[],
  ): void;
  /** Whether gemini-image has made the packet, and nothing is in it any more. */
  readonly isOwnAndEmpty: boolean;
  /** The whole packet as a text. */
  serialize(): string;
}

/** A text somewhere below a property, with the texts beside it, by their names without prefix. */
export interface DeepValue {
  readonly value: string;
  readonly beside: Readonly<Record<string, string>>;
}

/** A packet without any property, as it stands in a new sidecar. */
export function emptyPacket(): Packet {
  return parsePacket(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>\n` +
      `<x:xmpmeta xmlns:x="${NAMESPACES.x}" x:xmptk="${OWN_TOOLKIT}${version}">\n` +
      ` <rdf:RDF xmlns:rdf="${NAMESPACES.rdf}">\n` +
      '  <rdf:Description rdf:about=""/>\n' +
      ' </rdf:RDF>\n' +
      '</x:xmpmeta>\n' +
      '<?xpacket end="w"?>\n',
  );
}

const OWN_TOOLKIT = 'gemini-image ';

/**
 * @throws GeminiImageError of kind `input` if it is no XMP, or not well formed: such a file must not
 *   be written, since something of it could be lost.
 */
export function parsePacket(text: string): Packet {
  const document = parseXml(text);
  const rdf = elementsOf(document).find((element) => isNamed(element, NAMESPACES.rdf, 'RDF'));
  if (!rdf) throw notReadable('it holds no rdf:RDF');
  // An XML reader turns every line end into a line feed; those of Windows are given back at the end.
  return packetOf(document, rdf, /\r\n/.test(text) ? '\r\n' : '\n');
}

function packetOf(document: Document, rdf: Element, lineEnd: string): Packet {
  const places = (property: PropertyName) => placesOf(rdf, property);
  return {
    text(property, language) {
      for (const place of places(property)) {
        const found = textAt(place, language);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: (property) => places(property).flatMap(listAt),
    isStructure: (property) =>
      places(property).some((place) => place.kind === 'element' && isStructured(place.element)),
    deep: (property, part) =>
      places(property).flatMap((place) =>
        place.kind === 'element' ? deepValues(place.element, part) : [],
      ),
    setText(property, kind, value, language = ANY_LANGUAGE) {
      const [place, ...others] = places(property);
      if (kind === 'lang') return setLanguage(rdf, property, place, value, language);
      for (const other of others) removePlace(other);
      if (value === undefined) return place && removePlace(place);
      if (place?.kind === 'attribute') {
        place.owner.setAttributeNS(property.namespace, place.name, value);
        return;
      }
      const element = place?.element ?? addProperty(rdf, property);
      emptied(element).appendChild(document.createTextNode(value));
    },
    setList(property, kind, values) {
      const [place, ...others] = places(property);
      for (const other of others) removePlace(other);
      if (place && (values.length === 0 || place.kind === 'attribute')) removePlace(place);
      if (values.length === 0) return;
      const element = place?.kind === 'element' ? place.element : addProperty(rdf, property);
      const container =
        containerOf(element) ?? newContainer(element, kind === 'bag' ? 'Bag' : 'Seq');
      const kept = new Set(values);
      for (const item of itemsOf(container)) {
        // What stays keeps its element, and with it whatever else somebody has said there.
        if (!kept.delete(textOf(item))) removeNode(item);
      }
      for (const value of kept) addItem(container, value);
    },
    get isOwnAndEmpty() {
      const root = document.documentElement;
      const toolkit = root?.getAttributeNS(NAMESPACES.x, 'xmptk') ?? '';
      return toolkit.startsWith(OWN_TOOLKIT) && descriptionsOf(rdf).every(isBare);
    },
    serialize() {
      const text = new XMLSerializer().serializeToString(document);
      // A carriage return that was written as a reference would be a line feed for the next reader.
      const safe = text.replaceAll('\r', '&#xD;');
      const ended = safe.endsWith('\n') ? safe : `${safe}\n`;
      return lineEnd === '\n' ? ended : ended.replaceAll('\n', lineEnd);
    },
  };
}

/** Where a property stands: as an element, or as an attribute of its description. */
type Place =
  | { kind: 'element'; element: Element }
  | { kind: 'attribute'; owner: Element; name: string; value: string };

function placesOf(rdf: Element, { namespace, name }: PropertyName): Place[] {
  return descriptionsOf(rdf).flatMap((description): Place[] => {
    const attribute = description.getAttributeNodeNS(namespace, name);
    const elements = elementsIn(description).filter((child) => isNamed(child, namespace, name));
    return [
      ...elements.map((element) => ({ kind: 'element' as const, element })),
      ...(attribute
        ? [
            {
              kind: 'attribute' as const,
              owner: description,
              name: attribute.name,
              value: attribute.value,
            },
          ]
        : []),
    ];
  });
}

/** The nodes that say something about the picture: `rdf:Description`, whatever it is written as. */
function descriptionsOf(rdf: Element): Element[] {
  return elementsIn(rdf);
}

function textAt(place: Place, language: string | undefined): string | undefined {
  if (place.kind === 'attribute') {
    return language === undefined || language === ANY_LANGUAGE ? place.value : undefined;
  }
  const container = containerOf(place.element);
  if (!container) {
    if (language !== undefined && language !== ANY_LANGUAGE) return undefined;
    return elementsIn(place.element).length === 0 || valueIn(place.element)
      ? textOf(place.element)
      : undefined;
  }
  const items = itemsOf(container);
  const wanted = items.find((item) => isIn(item, language ?? ANY_LANGUAGE));
  const item = wanted ?? (language === undefined ? items[0] : undefined);
  return item && textOf(item);
}

function isIn(item: Element, language: string): boolean {
  return item.getAttributeNS(XML, 'lang')?.toLowerCase() === language.toLowerCase();
}

function isStructured(element: Element): boolean {
  const container = containerOf(element);
  const holders = container ? itemsOf(container) : [element];
  return holders.some((holder) => elementsIn(holder).length > 0 && !valueIn(holder));
}

function listAt(place: Place): string[] {
  if (place.kind === 'attribute') return [place.value].filter((value) => value !== '');
  const container = containerOf(place.element);
  const texts = container ? itemsOf(container).map(textOf) : [textOf(place.element)];
  return texts.filter((text) => text.trim() !== '');
}

/** The list in a property: an `rdf:Bag`, `rdf:Seq` or `rdf:Alt`. */
function containerOf(element: Element): Element | undefined {
  return elementsIn(element).find((child) =>
    ['Bag', 'Seq', 'Alt'].some((name) => isNamed(child, NAMESPACES.rdf, name)),
  );
}

function itemsOf(container: Element): Element[] {
  return elementsIn(container).filter((child) => isNamed(child, NAMESPACES.rdf, 'li'));
}

/** The text of an element; with qualifiers, that of its `rdf:value`. */
function textOf(element: Element): string {
  return (valueIn(element) ?? element).textContent ?? '';
}

function valueIn(element: Element): Element | undefined {
  const inside = elementsIn(element);
  const [only] = inside;
  const parts = only && isNamed(only, NAMESPACES.rdf, 'Description') ? elementsIn(only) : inside;
  return parts.find((child) => isNamed(child, NAMESPACES.rdf, 'value'));
}

function deepValues(element: Element, { namespace, name }: PropertyName): DeepValue[] {
  return elementsOf(element).flatMap((owner) => {
    const attribute = owner.getAttributeNodeNS(namespace, name);
    const child = elementsIn(owner).find((one) => isNamed(one, namespace, name));
    const value = attribute?.value ?? (child && textOf(child));
    if (value === undefined || value.trim() === '') return [];
    const beside: Record<string, string> = {};
    for (const { localName, value } of Array.from(owner.attributes)) {
      if (localName !== null) beside[localName] = value;
    }
    for (const one of elementsIn(owner)) {
      if (one.localName !== null && elementsIn(one).length === 0)
        beside[one.localName] = textOf(one);
    }
    return [{ value, beside }];
  });
}

/** Changes one language of a text; the others stay. A plain text becomes that of every language. */
function setLanguage(
  rdf: Element,
  property: PropertyName,
  place: Place | undefined,
  value: string | undefined,
  language: string,
): void {
  let element = place?.kind === 'element' ? place.element : undefined;
  let plain = place?.kind === 'attribute' ? place.value : undefined;
  if (place?.kind === 'attribute') removePlace(place);
  if (element && !containerOf(element)) {
    plain = textOf(element);
    emptied(element);
  }
  element ??= value === undefined && plain === undefined ? undefined : addProperty(rdf, property);
  if (!element) return;
  const container = containerOf(element) ?? newContainer(element, 'Alt');
  if (plain !== undefined && plain.trim() !== '') addLanguage(container, ANY_LANGUAGE, plain);
  const item = itemsOf(container).find((one) => isIn(one, language));
  if (value === undefined) {
    if (item) removeNode(item);
    if (itemsOf(container).length === 0) removePlace({ kind: 'element', element });
  } else if (item) {
    const holder = valueIn(item) ?? item;
    emptied(holder).appendChild(documentOf(holder).createTextNode(value));
  } else addLanguage(container, language, value);
}

function addLanguage(container: Element, language: string, value: string): void {
  // A reader that knows no language takes the first one.
  const before = language === ANY_LANGUAGE ? itemsOf(container)[0] : undefined;
  const item = addItem(container, value, before);
  item.setAttributeNS(XML, 'xml:lang', language);
}

function addItem(container: Element, value: string, before?: Element): Element {
  const document = documentOf(container);
  const item = document.createElementNS(
    NAMESPACES.rdf,
    named(container, NAMESPACES.rdf, 'rdf', 'li'),
  );
  item.appendChild(document.createTextNode(value));
  insertIndented(container, item, before);
  return item;
}

function newContainer(element: Element, name: 'Bag' | 'Seq' | 'Alt'): Element {
  emptied(element);
  const container = documentOf(element).createElementNS(
    NAMESPACES.rdf,
    named(element, NAMESPACES.rdf, 'rdf', name),
  );
  insertIndented(element, container);
  return container;
}

/** Adds an empty property to the first description, which is made if there is none. */
function addProperty(rdf: Element, { namespace, prefix, name }: PropertyName): Element {
  const document = documentOf(rdf);
  let [description] = descriptionsOf(rdf).filter((one) =>
    isNamed(one, NAMESPACES.rdf, 'Description'),
  );
  if (!description) {
    const rdfName = (local: string) => named(rdf, NAMESPACES.rdf, 'rdf', local);
    description = document.createElementNS(NAMESPACES.rdf, rdfName('Description'));
    description.setAttributeNS(NAMESPACES.rdf, rdfName('about'), '');
    insertIndented(rdf, description);
  }
  const element = document.createElementNS(namespace, named(description, namespace, prefix, name));
  insertIndented(description, element);
  return element;
}

function removePlace(place: Place): void {
  if (place.kind === 'attribute') place.owner.removeAttribute(place.name);
  else removeNode(place.element);
}

function emptied(element: Element): Element {
  while (element.firstChild) element.removeChild(element.firstChild);
  // A text behind `rdf:resource` or `rdf:parseType` would be an error of RDF.
  for (const name of ['resource', 'parseType']) element.removeAttributeNS(NAMESPACES.rdf, name);
  return element;
}

/** Whether a description says nothing but what it is about. */
function isBare(description: Element): boolean {
  const says = Array.from(description.attributes).some(
    ({ namespaceURI }) => namespaceURI !== XMLNS && namespaceURI !== NAMESPACES.rdf,
  );
  return !says && elementsIn(description).length === 0;
}
