/** The namespaces of XMP that are read or written, by the prefix that everybody uses for them. */
export const NAMESPACES = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  x: 'adobe:ns:meta/',
  dc: 'http://purl.org/dc/elements/1.1/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  xmpRights: 'http://ns.adobe.com/xap/1.0/rights/',
  photoshop: 'http://ns.adobe.com/photoshop/1.0/',
  Iptc4xmpCore: 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/',
  Iptc4xmpExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  lr: 'http://ns.adobe.com/lightroom/1.0/',
  digiKam: 'http://www.digikam.org/ns/1.0/',
  exif: 'http://ns.adobe.com/exif/1.0/',
  tiff: 'http://ns.adobe.com/tiff/1.0/',
  acdsee: 'http://ns.acdsee.com/iptc/1.0/',
  MicrosoftPhoto: 'http://ns.microsoft.com/photo/1.0/',
  'mwg-rs': 'http://www.metadataworkinggroup.com/schemas/regions/',
  MP: 'http://ns.microsoft.com/photo/1.2/',
  MPReg: 'http://ns.microsoft.com/photo/1.2/t/Region#',
} as const;

export type Prefix = keyof typeof NAMESPACES;

/** The namespace of `xml:lang`, which no file declares. */
export const XML = 'http://www.w3.org/XML/1998/namespace';
/** The namespace of the declarations of namespaces themselves. */
export const XMLNS = 'http://www.w3.org/2000/xmlns/';
