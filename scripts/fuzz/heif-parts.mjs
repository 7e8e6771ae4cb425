// HEIC files with metadata, built around the one picture of a fixture.
import { SECRETS, tiffBlock, xmpPacket } from './parts.mjs';

const latin1 = (text) => Buffer.from(text, 'latin1');
const short = (value) => Buffer.from([value >> 8, value & 255]);
const long = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export function box(type, ...contents) {
  const content = Buffer.concat(contents);
  return Buffer.concat([long(content.length + 8), latin1(type), content]);
}

export const fullBox = (type, version, ...contents) =>
  box(type, Buffer.from([version, 0, 0, 0]), ...contents);

/** The boxes of a range, by type. */
export function boxesOf(bytes) {
  const boxes = {};
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) {
    boxes[bytes.toString('latin1', at + 4, at + 8)] = bytes.subarray(
      at,
      at + bytes.readUInt32BE(at),
    );
  }
  return boxes;
}

export const exifItem = (orientation = 6) =>
  Buffer.concat([long(6), latin1('Exif\0\0'), tiffBlock(orientation)]);

const infe = (id, type, ...names) =>
  fullBox(
    'infe',
    2,
    short(id),
    short(0),
    latin1(type),
    ...names.map((name) => latin1(`${name}\0`)),
  );

/**
 * @param heic a file with one item and one mdat, as heif-enc writes it
 * @param options.version of iloc: 0, 1 or 2
 * @param options.inIdat whether the metadata lies in the meta box
 * @param options.split whether the EXIF block lies in two places
 * @param options.place changes where the EXIF item is said to lie
 */
export function heicWithMetadata(
  heic,
  { version = 1, inIdat = false, split = false, place = (extents) => extents, more = [] } = {},
) {
  const { ftyp, meta, mdat } = boxesOf(heic);
  const { hdlr, pitm, iprp } = boxesOf(meta.subarray(12));
  const pixels = mdat.subarray(8);
  const [exif, xmp] = [exifItem(), xmpPacket()];
  const items = fullBox(
    'iinf',
    0,
    short(3),
    infe(1, 'hvc1', ''),
    infe(2, 'Exif', ''),
    infe(3, 'mime', '', 'application/rdf+xml'),
  );
  const links = fullBox(
    'iref',
    0,
    box('cdsc', short(2), short(1), short(1)),
    box('cdsc', short(3), short(1), short(1)),
  );
  const idat = inIdat ? [box('idat', exif, xmp)] : [];
  const build = (start) => {
    const origin = inIdat ? 0 : start + pixels.length;
    const half = split ? 50 : exif.length;
    const exifExtents = place([
      [origin, half],
      ...(split ? [[origin + half, exif.length - half]] : []),
    ]);
    const id = (value) => (version === 2 ? long(value) : short(value));
    const entry = (item, method, extents) =>
      Buffer.concat([
        id(item),
        ...(version > 0 ? [short(method)] : []),
        short(0),
        short(extents.length),
        ...extents.flatMap(([from, length]) => [long(from), long(length)]),
      ]);
    const iloc = fullBox(
      'iloc',
      version,
      Buffer.from([0x44, 0]),
      id(3),
      entry(1, 0, [[start, pixels.length]]),
      entry(2, inIdat ? 1 : 0, exifExtents),
      entry(3, inIdat ? 1 : 0, [[origin + exif.length, xmp.length]]),
    );
    return fullBox('meta', 0, hdlr, pitm, iloc, items, links, iprp, ...idat);
  };
  const uuid = box('uuid', Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'), xmpPacket());
  const start = ftyp.length + build(0).length + uuid.length + 8;
  return Buffer.concat([
    ftyp,
    build(start),
    uuid,
    box('mdat', pixels, ...(inIdat ? [] : [exif, xmp])),
    ...more,
  ]);
}

/** What a movie tells of itself. */
export const movieWithSecrets = () =>
  box(
    'moov',
    box('udta', box('\xa9xyz', latin1(SECRETS.join(' ')))),
    box('trak', box('udta', latin1(SECRETS.join(' ')))),
  );
