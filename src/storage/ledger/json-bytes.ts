// JSON among bytes, without making objects of it. It is checked as strictly as a parser would do it.

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Which bytes stand for themselves in a string: not its end, no escape, no control character. */
const IN_STRING = new Uint8Array(256).fill(1, 0x20);
for (const code of [QUOTE, BACKSLASH]) IN_STRING[code] = 0;
const ESCAPED = codesOf('"\\/bfnrtu');
const HEX = codesOf('0123456789abcdefABCDEF');

function codesOf(letters: string): Uint8Array {
  const isOne = new Uint8Array(256);
  for (const code of Buffer.from(letters)) isOne[code] = 1;
  return isOne;
}

/** The same bytes in two forms: what is read by four at once is read from the view. */
export class JsonBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Deeper values are not read. */
const MOST_DEPTH = 64;
/** By depth, whether the value is an object. */
const isObject = new Uint8Array(MOST_DEPTH);

/** Where a value ends, or -1 if there is none, or one that is nested too deeply. */
export function valueEnd(json: JsonBytes, start: number, end: number): number {
  const first = json.bytes[start];
  if (first === QUOTE) return stringEnd(json, start, end);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return nestedEnd(json, start, end);
  return atomEnd(json.bytes, start, end);
}

/** Where an object or an array ends, or -1. */
function nestedEnd(json: JsonBytes, start: number, end: number): number {
  const { bytes } = json;
  let depth = -1;
  for (let at = start; ; ) {
    const first = bytes[at];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      const opens = first === OPEN_OBJECT ? 1 : 0;
      if (bytes[at + 1] === (opens === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) at += 2;
      else {
        depth += 1;
        if (depth === MOST_DEPTH) return -1;
        isObject[depth] = opens;
        at = opens === 1 ? keyEnd(json, at + 1, end) : at + 1;
        if (at < 0) return -1;
        continue;
      }
    } else {
      at = first === QUOTE ? stringEnd(json, at, end) : atomEnd(bytes, at, end);
      if (at < 0) return -1;
    }
    for (;;) {
      if (depth < 0) return at;
      const next = bytes[at];
      at += 1;
      if (next === COMMA) break;
      if (next !== (isObject[depth] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) return -1;
      depth -= 1;
    }
    if (isObject[depth] === 1) at = keyEnd(json, at, end);
    if (at < 0) return -1;
  }
}

/** Where a key ends with its colon, or -1. */
export function keyEnd(json: JsonBytes, start: number, end: number): number {
  const at = stringEnd(json, start, end);
  return at >= 0 && json.bytes[at] === COLON ? at + 1 : -1;
}

/** Where a string ends that begins with its quote, or -1. */
export function stringEnd({ bytes, view }: JsonBytes, start: number, end: number): number {
  if (bytes[start] !== QUOTE) return -1;
  let at = start + 1;
  for (;;) {
    let special = 0;
    for (; at + 4 <= end; at += 4) {
      special = specialIn(view.getInt32(at, true));
      if (special !== 0) break;
    }
    if (special !== 0) at += (31 - Math.clz32(special & -special)) >> 3;
    else while (at < end && IN_STRING[bytes[at] ?? 0] === 1) at += 1;
    if (at >= end) return -1;
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] !== BACKSLASH) return -1;
    const escaped = bytes[at + 1] ?? 0;
    if (at + 1 >= end || ESCAPED[escaped] !== 1) return -1;
    at += 2;
    if (escaped !== SMALL_U) continue;
    for (const last = at + 4; at < last; at += 1) if (HEX[bytes[at] ?? 0] !== 1) return -1;
  }
}

function specialIn(four: number): number {
  const quote = (four ^ 0x22222222) - 0x01010101;
  const backslash = (four ^ 0x5c5c5c5c) - 0x01010101;
  const control = four - 0x20202020;
  return (quote | backslash | control) & ~four & 0x80808080;
}

/** Where a number, `true`, `false` or `null` ends, or -1. */
function atomEnd(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = digitsEnd(bytes, first, end);
  if (at === first) {
    for (const word of LITERALS) if (isAt(bytes, start, word)) return start + word.length;
    return -1;
  }
  if (bytes[first] === ZERO && at > first + 1) return -1;
  if (bytes[at] === DOT) {
    const fraction = at + 1;
    at = digitsEnd(bytes, fraction, end);
    if (at === fraction) return -1;
  }
  // The bit tells e from E.
  if (((bytes[at] ?? 0) | 0x20) === SMALL_E) {
    const sign = bytes[at + 1];
    const exponent = sign === MINUS || sign === PLUS ? at + 2 : at + 1;
    at = digitsEnd(bytes, exponent, end);
    if (at === exponent) return -1;
  }
  return at;
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) break;
    at += 1;
  }
  return at;
}

/** Whether so many bytes are hexadecimal digits. */
export function isHex(bytes: Uint8Array, start: number, length: number): boolean {
  for (let at = start; at < start + length; at += 1) if (HEX[bytes[at] ?? 0] !== 1) return false;
  return true;
}

export function isAt(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[start + index] !== word[index]) return false;
  }
  return true;
}
