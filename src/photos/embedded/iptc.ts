// IPTC-IIM, the older form of photo captions, and the Photoshop resources that hold it in a JPEG.

/** What a photo's IPTC says; absent fields are not in the file. */
export interface Iptc {
  title?: string;
  headline?: string;
  description?: string;
  writer?: string;
  keywords: readonly string[];
  /** In the form `YYYYMMDD`, in which zeros stand for what is not known. */
  date?: string;
  sublocation?: string;
  city?: string;
  state?: string;
  country?: string;
}

/** The numbers of datasets in record 2. */
const DATASETS = {
  5: 'title',
  55: 'date',
  90: 'city',
  92: 'sublocation',
  95: 'state',
  101: 'country',
  105: 'headline',
  120: 'description',
  122: 'writer',
} as const satisfies Readonly<Record<number, keyof Iptc>>;

const KEYWORDS = 25;
const CODED_CHARACTER_SET = 90;
/** Selects UTF-8 (ISO 2022). */
const UTF8_MARK = '\x1b%G';
const TAG = 0x1c;

/** Reads datasets up to the first damaged one. */
export function readIptc(block: Buffer): Iptc {
  const found: Iptc & { keywords: string[] } = { keywords: [] };
  let isUtf8 = false;
  for (const { record, dataset, bytes } of datasetsIn(block)) {
    if (record === 1 && dataset === CODED_CHARACTER_SET) {
      isUtf8 = bytes.toString('latin1') === UTF8_MARK;
    }
    if (record !== 2) continue;
    const text = decoded(bytes, isUtf8).replace(/\0+$/, '');
    if (text.trim() === '') continue;
    if (dataset === KEYWORDS) found.keywords.push(text);
    const field = nameOf(dataset);
    if (field) found[field] ??= text;
  }
  return found;
}

/**
 * How the texts of IPTC are written: `plain` if they need no more than ASCII; `latin` and `unsaid` if
 * nothing says so, the latter in UTF-8; `other` for a set that is not known here.
 */
export type IptcEncoding = 'plain' | 'utf8' | 'unsaid' | 'latin' | 'other';

export function iptcEncoding(block: Buffer): IptcEncoding {
  let encoding: IptcEncoding = 'plain';
  for (const { record, dataset, bytes } of datasetsIn(block)) {
    if (record === 1 && dataset === CODED_CHARACTER_SET) {
      return bytes.toString('latin1') === UTF8_MARK ? 'utf8' : 'other';
    }
    if (record !== 2 || encoding === 'latin' || bytes.every((byte) => byte < 0x80)) continue;
    // Numbers are short, and would make no text.
    if (dataset === 0) continue;
    encoding = bytes.toString('utf8').includes('\uFFFD') ? 'latin' : 'unsaid';
  }
  return encoding;
}

function nameOf(dataset: number): (typeof DATASETS)[keyof typeof DATASETS] | undefined {
  const known: Readonly<Record<number, (typeof DATASETS)[keyof typeof DATASETS]>> = DATASETS;
  return known[dataset];
}

interface Dataset {
  record: number;
  dataset: number;
  bytes: Buffer;
}

function* datasetsIn(block: Buffer): Generator<Dataset, void, void> {
  let at = 0;
  while (at + 5 <= block.length && block[at] === TAG) {
    const [record = 0, dataset = 0] = [block[at + 1], block[at + 2]];
    let size = block.readUInt16BE(at + 3);
    at += 5;
    if (size & 0x8000) {
      // An extended dataset: these bits count the bytes of its real size.
      const bytes = size & 0x7fff;
      if (bytes < 1 || bytes > 4 || at + bytes > block.length) return;
      size = block.readUIntBE(at, bytes);
      at += bytes;
    }
    if (at + size > block.length) return;
    yield { record, dataset, bytes: block.subarray(at, at + size) };
    at += size;
  }
}

/** Many programs write UTF-8 without saying so. */
function decoded(bytes: Buffer, isUtf8: boolean): string {
  const text = bytes.toString('utf8');
  return isUtf8 || !text.includes('\uFFFD') ? text : LATIN.decode(bytes);
}

const LATIN = new TextDecoder('windows-1252');

const RESOURCE_MARK = '8BIM';
const RESOURCES = { iptc: 0x0404, exif: 0x0422, xmp: 0x0424 } as const;

/** The blocks of metadata among Photoshop's image resources. */
export function readResources(block: Buffer): Partial<Record<keyof typeof RESOURCES, Buffer>> {
  const found: Partial<Record<keyof typeof RESOURCES, Buffer>> = {};
  let at = 0;
  while (at + 12 <= block.length && block.toString('latin1', at, at + 4) === RESOURCE_MARK) {
    const id = block.readUInt16BE(at + 4);
    const nameBytes = 1 + (block[at + 6] ?? 0);
    const sizeAt = at + 6 + nameBytes + (nameBytes % 2);
    if (sizeAt + 4 > block.length) break;
    const size = block.readUInt32BE(sizeAt);
    const content = block.subarray(sizeAt + 4, sizeAt + 4 + size);
    if (id === RESOURCES.iptc) found.iptc ??= content;
    if (id === RESOURCES.exif) found.exif ??= content;
    if (id === RESOURCES.xmp) found.xmp ??= content;
    at = sizeAt + 4 + size + (size % 2);
  }
  return found;
}
