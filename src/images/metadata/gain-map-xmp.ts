/** The XMP packets of an Ultra HDR photo, cut down to what a decoder of its gain map reads. */

export const XMP_MARK = 'http://ns.adobe.com/xap/1.0/\0';

const GAIN_MAP_SPACE = 'http://ns.adobe.com/hdr-gain-map/1.0/';

const NUMBERS = /^[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?$/i;

/** The terms of a gain map, and what their values look like. */
const TERMS: Readonly<Record<string, RegExp>> = {
  Version: /^\d+(?:\.\d+)*$/,
  BaseRenditionIsHDR: /^(?:true|false)$/i,
  GainMapMin: NUMBERS,
  GainMapMax: NUMBERS,
  Gamma: NUMBERS,
  OffsetSDR: NUMBERS,
  OffsetHDR: NUMBERS,
  HDRCapacityMin: NUMBERS,
  HDRCapacityMax: NUMBERS,
};

/** One value for all channels, or three. */
const MAX_VALUES = 3;

const ATTRIBUTE = /\shdrgm:(\w+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const ELEMENT = /<hdrgm:(\w+)\s*>((?:[^<]|<\/?rdf:(?:Seq|li)\s*>)*)<\/hdrgm:\1\s*>/g;

/** Whether a packet describes a gain map, or says that there is one. */
export function hasGainMapTerms(packet: string): boolean {
  return packet.includes(GAIN_MAP_SPACE) && packet.includes('hdrgm:Version');
}

/** The gain map's packet; undefined where a value is not of its kind, or one is missing. */
export function gainMapPacket(packet: string): string | undefined {
  const terms = new Map<string, readonly string[]>();
  for (const [, name = '', ...values] of packet.matchAll(ATTRIBUTE)) {
    terms.set(name, [values.find((value) => value !== undefined)?.trim() ?? '']);
  }
  for (const [, name = '', content = ''] of packet.matchAll(ELEMENT)) {
    terms.set(name, content.split(/<[^<>]*>|\s/).filter(Boolean));
  }
  const known = [...terms].filter(([name]) => Object.hasOwn(TERMS, name));
  if (!terms.has('Version') || !terms.has('GainMapMax') || !known.every(isValid)) return undefined;
  const attributes = known.filter(([, values]) => values.length === 1);
  const elements = known.filter(([, values]) => values.length > 1);
  return wrap(
    attributes.map(([name, values]) => ` hdrgm:${name}="${values.join('')}"`).join(''),
    elements
      .map(([name, values]) => {
        const items = values.map((value) => `<rdf:li>${value}</rdf:li>`).join('');
        return `<hdrgm:${name}><rdf:Seq>${items}</rdf:Seq></hdrgm:${name}>`;
      })
      .join(''),
  );
}

/** The photo's packet: that there is a gain map, and that it is the second part of the file. */
export function photoPacket(gainMapBytes: number): string {
  const item = (semantic: string, more = '') =>
    '<rdf:li rdf:parseType="Resource">' +
    `<Container:Item Item:Semantic="${semantic}" Item:Mime="image/jpeg"${more}/></rdf:li>`;
  const items = item('Primary') + item('GainMap', ` Item:Length="${gainMapBytes}"`);
  return wrap(
    ' xmlns:Container="http://ns.google.com/photos/1.0/container/"' +
      ' xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0"',
    `<Container:Directory><rdf:Seq>${items}</rdf:Seq></Container:Directory>`,
  );
}

function isValid([name, values]: [string, readonly string[]]): boolean {
  const pattern = TERMS[name];
  if (!pattern || values.length === 0 || values.length > MAX_VALUES) return false;
  return values.every((value) => value.length < 32 && pattern.test(value));
}

function wrap(attributes: string, content: string): string {
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description rdf:about="" xmlns:hdrgm="${GAIN_MAP_SPACE}"${attributes}>` +
    `${content}</rdf:Description></rdf:RDF></x:xmpmeta>`
  );
}
