/** Files built like those of cameras, with pictures of the test inside. */

/** Tags of a directory: whole numbers as LONG, text as ASCII; `directories` are its sub-images. */
export interface Tags {
  readonly [tag: number]: number | readonly number[] | string;
}

export interface RawParts {
  /** Two characters of the byte order, and two of the version. */
  readonly magic?: string;
  /** What stands between the header and the first directory. */
  readonly mark?: string;
  readonly pages: readonly { readonly tags: Tags; readonly subs?: readonly Tags[] }[];
  /** Bytes behind all directories. */
  readonly data?: readonly Uint8Array[];
}

const LONG = 4;
const ASCII = 2;
const SUB_DIRECTORIES = 330;

/** A TIFF in little-endian order; numbers in tags that are places count from the file's beginning. */
export function tiffOf({ magic = 'II*\0', mark = '', pages, data = [] }: RawParts): Buffer {
  const head = Buffer.alloc(8 + mark.length);
  head.write(magic + '\0'.repeat(4) + mark, 'latin1');
  const parts: Buffer[] = [head];
  let size = head.length;
  const add = (part: Buffer) => {
    const at = size;
    parts.push(part);
    size += part.length;
    return at;
  };
  /** Where the place of the next page is to be written. */
  let link: { part: Buffer; at: number } = { part: head, at: 4 };
  for (const { tags, subs = [] } of pages) {
    const places = subs.map((sub) => add(directoryOf(sub, add).part));
    const all = places.length > 0 ? { ...tags, [SUB_DIRECTORIES]: places } : tags;
    const { part, nextAt } = directoryOf(all, add);
    link.part.writeUInt32LE(add(part), link.at);
    link = { part, at: nextAt };
  }
  return Buffer.concat([...parts, ...data]);
}

function directoryOf(tags: Tags, add: (part: Buffer) => number) {
  const entries = Object.entries(tags).map(([tag, value]) => ({ tag: Number(tag), value }));
  const part = Buffer.alloc(2 + entries.length * 12 + 4);
  part.writeUInt16LE(entries.length);
  entries.forEach(({ tag, value }, index) => {
    const at = 2 + index * 12;
    const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`, 'latin1') : longs(value);
    const type = typeof value === 'string' ? ASCII : LONG;
    part.writeUInt16LE(tag, at);
    part.writeUInt16LE(type, at + 2);
    part.writeUInt32LE(type === ASCII ? bytes.length : bytes.length / 4, at + 4);
    if (bytes.length <= 4) bytes.copy(part, at + 8);
    else part.writeUInt32LE(add(bytes), at + 8);
  });
  return { part, nextAt: part.length - 4 };
}

function longs(value: number | readonly number[]): Buffer {
  const numbers = typeof value === 'number' ? [value] : value;
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => {
    bytes.writeUInt32LE(number, index * 4);
  });
  return bytes;
}

/** A box of an ISO base media file. */
export function boxOf(type: string, ...content: readonly Uint8Array[]): Buffer {
  const all = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(all.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, all]);
}
