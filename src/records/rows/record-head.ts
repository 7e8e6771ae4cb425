/** Where something lies among bytes. */
export interface Span {
  start: number;
  end: number;
}

/** The fields of a plain record that decide which row it belongs to, as their JSON. */
export interface RecordHead {
  /** The name of its picture, without its quotes. */
  image: Span;
  /** Empty if there are none. */
  request: Span;
  asked: Span;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const DOT = 0x2e;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Below are control characters, which no record has in the middle of a line. */
const BLANK = 0x20;

const IMAGE = Buffer.from('"image":"');
const STATUS = Buffer.from('"status"');
const OK = Buffer.from('"ok"');
const REQUEST = Buffer.from('"request"');
const ASKED = Buffer.from('"asked"');
/** Fields of answers that are more than a text, and of what people said. */
const MORE = ['data', 'answers', 'edited', 'reviewed', 'images'].map((key) =>
  Buffer.from(`"${key}"`),
);
/** By the first letter of a field: whether it may be one of these. */
const MATTERS = Uint8Array.from({ length: 256 }, (_, code) =>
  'irasde'.includes(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * Finds these fields in a line without making an object of it, which takes a fraction of the time:
 * most lines of most ledgers are of this kind. Undefined if the line is not surely a whole record of
 * one picture whose answer is a plain text of a model; such a line has to be parsed.
 */
export function recordHead(bytes: Uint8Array, start: number, end: number): RecordHead | undefined {
  if (bytes[start] !== OPEN_OBJECT || !isAt(bytes, start + 1, IMAGE)) return undefined;
  const image = { start: start + 1 + IMAGE.length, end: start };
  let request: Span = image;
  let asked: Span = image;
  let isOk = false;
  let at = start + 1;
  for (;;) {
    const keyEnd = stringEnd(bytes, at, end);
    if (keyEnd < 0 || bytes[keyEnd] !== COLON) return undefined;
    const valueEnd = endOf(bytes, keyEnd + 1, end);
    if (valueEnd < 0) return undefined;
    if (MATTERS[bytes[at + 1] ?? 0] === 1) {
      if (at === start + 1) image.end = valueEnd - 1;
      else if (isAt(bytes, at, STATUS)) isOk = isAt(bytes, keyEnd + 1, OK);
      else if (isAt(bytes, at, REQUEST)) request = { start: keyEnd + 1, end: valueEnd };
      else if (isAt(bytes, at, ASKED)) asked = { start: keyEnd + 1, end: valueEnd };
      else if (isMore(bytes, at)) return undefined;
    }
    at = valueEnd + 1;
    if (bytes[valueEnd] === CLOSE_OBJECT) break;
    if (bytes[valueEnd] !== COMMA) return undefined;
  }
  if (at !== end || !isOk || request === image || asked === image) return undefined;
  // Such a name is written in another way than it is.
  if (bytes[image.start] === DOT) return undefined;
  for (let index = image.start; index < image.end; index += 1) {
    if (bytes[index] === BACKSLASH) return undefined;
  }
  return { image, request, asked };
}

/** Whether bytes are those of a span. */
export function isSame(one: Uint8Array, bytes: Uint8Array, { start, end }: Span): boolean {
  return one.length === end - start && isAt(bytes, start, one);
}

function isAt(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[start + index] !== word[index]) return false;
  }
  return true;
}

function isMore(bytes: Uint8Array, start: number): boolean {
  for (const key of MORE) if (isAt(bytes, start, key)) return true;
  return false;
}

/** Where a value ends, or -1. */
function endOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start, end);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return nestedEnd(bytes, start, end);
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === COMMA || byte === CLOSE_OBJECT) return at > start ? at : -1;
  }
  return -1;
}

/** Where a string ends that begins with its quote, or -1. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== QUOTE) return -1;
  for (let at = start + 1; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
    else if (byte < BLANK) return -1;
  }
  return -1;
}

/** Where an object or an array ends, or -1. */
function nestedEnd(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; ) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = stringEnd(bytes, at, end);
      if (at < 0) return -1;
      continue;
    }
    if (byte < BLANK) return -1;
    at += 1;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}
