/** XMP as programs write it, for tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser, type Element, type Node } from '@xmldom/xmldom';

const DECLARED = `
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
    xmlns:MP="http://ns.microsoft.com/photo/1.2/"
    xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
    xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"`;

/** A packet with these elements, and these attributes of its description. */
export function packet(elements = '', attributes = ''): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Another program 1.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""${DECLARED}${attributes === '' ? '' : `\n    ${attributes}`}>
   ${elements}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
`;
}

export function bag(name: string, ...values: string[]): string {
  return list(name, 'Bag', values);
}

export function seq(name: string, ...values: string[]): string {
  return list(name, 'Seq', values);
}

function list(name: string, kind: string, values: readonly string[]): string {
  const items = values.map((value) => `<rdf:li>${value}</rdf:li>`).join('');
  return `<${name}><rdf:${kind}>${items}</rdf:${kind}></${name}>`;
}

export function alt(name: string, value: string): string {
  return `<${name}><rdf:Alt><rdf:li xml:lang="x-default">${value}</rdf:li></rdf:Alt></${name}>`;
}

/** A face region of the Metadata Working Group, as Lightroom and digiKam write it. */
export function face(name: string, type = 'Face'): string {
  return `<rdf:li rdf:parseType="Resource"><mwg-rs:Name>${name}</mwg-rs:Name><mwg-rs:Type>${type}</mwg-rs:Type><mwg-rs:Area stArea:x="0.5" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1" stArea:unit="normalized"/></rdf:li>`;
}

export function regions(...faces: string[]): string {
  return `<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>${faces.join('')}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>`;
}

/** Puts a packet into a JPEG, behind its first two bytes. */
export function embed(folder: string, name: string, xmp: string): void {
  const jpeg = readFileSync(join(folder, name));
  const content = Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  writeFileSync(
    join(folder, name),
    Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]),
  );
}

/**
 * The XML of a packet in a form in which two that say the same are the same text: attributes in their
 * order, no blanks between elements, namespaces instead of prefixes.
 *
 * @param without the properties to leave out, as `namespace name`.
 */
export function canonical(xml: string, without: readonly string[] = []): string {
  const document = new DOMParser().parseFromString(xml.replace(/^\uFEFF/, ''), 'text/xml');
  const nameOf = ({
    namespaceURI,
    localName,
  }: {
    namespaceURI: string | null;
    localName: string | null;
  }) => `${namespaceURI ?? ''} ${localName ?? ''}`;
  const lines: string[] = [];
  const walk = (node: Node, depth: number) => {
    const indent = ' '.repeat(depth);
    if (node.nodeType === 1) {
      const element = node as Element;
      if (without.includes(nameOf(element))) return;
      const attributes = Array.from(element.attributes)
        .filter((one) => one.namespaceURI !== 'http://www.w3.org/2000/xmlns/')
        .filter((one) => !without.includes(nameOf(one)))
        .map((one) => `${nameOf(one)}=${JSON.stringify(one.value)}`);
      lines.push(`${indent}<${nameOf(element)}> ${attributes.toSorted().join(' ')}`);
    } else {
      const text = node.nodeValue ?? '';
      const isKept =
        node.nodeType === 3 || node.nodeType === 4 ? text.trim() !== '' : node.nodeType !== 9;
      if (isKept)
        lines.push(
          `${indent}${node.nodeType === 4 ? 3 : node.nodeType} ${node.nodeName.replace('#cdata-section', '#text')} ${text}`,
        );
    }
    for (let child = node.firstChild; child; child = child.nextSibling) walk(child, depth + 1);
  };
  walk(document, 0);
  return lines.join('\n');
}
