/** Where something lies among bytes. */
export interface Span {
  start: number;
  end: number;
}

/** The fields that decide what a record stands for, and the ones inside of its `usage`, by number. */
export const FIELD = {
  ...{ image: 0, status: 1, text: 2, request: 3, requests: 4, asked: 5, answers: 6, data: 7 },
  ...{ edited: 8, reviewed: 9, usage: 10, cached: 11, size: 12, mtime: 13, page: 14, sha256: 15 },
  ...{ pictureSha256: 16, images: 17, inputTokens: 18, outputTokens: 19, thoughtTokens: 20 },
} as const;

const NAMES = Object.keys(FIELD).map((name) => Buffer.from(name));
/** From here on they are fields of `usage`. */
const FIRST_OF_USAGE = FIELD.inputTokens;
const LONGEST_NAME = Math.max(...NAMES.map(({ length }) => length));

/** The fields by length and first letter of their names; only few share these. */
const BY_LOOK: readonly Int8Array[] = Array.from({ length: (LONGEST_NAME + 1) * 32 }, (_, look) =>
  Int8Array.from(
    [...NAMES.keys()].filter((field) => {
      const name = NAMES[field];
      return name && lookOf(name.length, name[0] ?? 0) === look;
    }),
  ),
);

function lookOf(length: number, first: number): number {
  return length * 32 + (first & 31);
}

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
const MOST_DEPTH = 64;

const OPENING = Buffer.from('{"image":"');
const OK = Buffer.from('"ok"');
const TRUE = Buffer.from('true');
const LITERALS = [TRUE, Buffer.from('false'), Buffer.from('null')];
const ISO = Buffer.from('0000-00-00T00:00:00.000Z');

/** Which bytes stand for themselves in a string: not its end, no escape, no control character. */
const IN_STRING = codes((letter) => letter >= ' ' && letter !== '"' && letter !== '\\');
const ESCAPED = codes((letter) => '"\\/bfnrtu'.includes(letter));
const HEX = codes((letter) => /[\da-f]/i.test(letter));

function codes(is: (letter: string) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (is(String.fromCharCode(code)) ? 1 : 0));
}

/**
 * Finds the fields of a record in the bytes of its line without making an object of it, which takes a
 * fraction of the time. The whole line is checked as strictly as a parser would do it. It holds the
 * line that was read last. It is written for speed: a ledger may have a million lines.
 */
export class RecordHead {
  /** Where the value of each field begins in the bytes; 0 if there is none. */
  readonly #starts = new Int32Array(NAMES.length);
  readonly #ends = new Int32Array(NAMES.length);
  /** By depth, whether it is an object. */
  readonly #isObject = new Uint8Array(MOST_DEPTH);
  #bytes: Uint8Array = new Uint8Array();

  /**
   * Reads a line. Returns false if it is not surely a whole record of an answer about one picture, in
   * the form in which records are written; such a line has to be parsed.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (!isAt(bytes, start, OPENING)) return false;
    this.#bytes = bytes;
    this.#starts.fill(0);
    return this.#find(bytes, start, end) && this.#isAnswer(bytes);
  }

  has(field: number): boolean {
    return this.#starts[field] !== 0;
  }

  /** Where a value begins, with its quotes; 0 if there is none. */
  startOf(field: number): number {
    return this.#starts[field] ?? 0;
  }

  /** Where it ends. */
  endOf(field: number): number {
    return this.has(field) ? (this.#ends[field] ?? 0) : 0;
  }

  spanOf(field: number): Span {
    return { start: this.startOf(field), end: this.endOf(field) };
  }

  /** Whether a text is written as it is, without escapes; its bytes are UTF-8 then. */
  isLiteral(field: number): boolean {
    const end = this.endOf(field) - 1;
    for (let at = this.startOf(field) + 1; at < end; at += 1) {
      if (this.#bytes[at] === BACKSLASH) return false;
    }
    return true;
  }

  /** Whether a text is in ASCII and has no escapes. */
  isAscii(field: number): boolean {
    const end = this.endOf(field) - 1;
    for (let at = this.startOf(field) + 1; at < end; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte >= 0x80 || byte === BACKSLASH) return false;
    }
    return true;
  }

  textOf(field: number): string {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    return String(JSON.parse(bytes.toString('utf8', this.startOf(field), this.endOf(field))));
  }

  /** A whole number that is not negative, of at most 15 digits; -1 if there is none. */
  numberOf(field: number): number {
    const bytes = this.#bytes;
    const start = this.startOf(field);
    const end = this.endOf(field);
    if (start === 0 || end - start > 15) return -1;
    let number = 0;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > NINE) return -1;
      number = number * 10 + byte - ZERO;
    }
    return number;
  }

  /** A time in milliseconds since 1970; NaN if there is none. */
  timeOf(field: number): number {
    if (!this.has(field)) return Number.NaN;
    const bytes = this.#bytes;
    const start = this.startOf(field) + 1;
    if (this.endOf(field) - start === ISO.length + 1 && looksLike(bytes, start, ISO)) {
      const year = digits(bytes, start, 4);
      const month = digits(bytes, start + 5, 2);
      const day = digits(bytes, start + 8, 2);
      const hour = digits(bytes, start + 11, 2);
      const minute = digits(bytes, start + 14, 2);
      const second = digits(bytes, start + 17, 2);
      const isDay = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
      if (isDay && hour < 24 && minute < 60 && second < 60) {
        const ms = digits(bytes, start + 20, 3);
        return Date.UTC(year, month - 1, day, hour, minute, second, ms);
      }
    }
    return Date.parse(this.textOf(field));
  }

  /** Finds the fields. Returns whether the line is JSON to its end, with each of them once. */
  #find(bytes: Uint8Array, start: number, end: number): boolean {
    const isObject = this.#isObject;
    isObject[0] = 1;
    let depth = 0;
    let at = start + 1;
    /** The field of the record in which we are, and where its value begins. */
    let field = -1;
    let valueStart = 0;
    /** The same inside of `usage`. */
    let inner = -1;
    let innerStart = 0;
    for (;;) {
      if (isObject[depth] === 1) {
        const keyEnd = stringEnd(bytes, at, end);
        if (keyEnd < 0 || bytes[keyEnd] !== COLON) return false;
        if (depth === 0) {
          field = fieldAt(bytes, at + 1, keyEnd - 1, 0, FIRST_OF_USAGE);
          valueStart = keyEnd + 1;
          if (field === ESCAPED_KEY || (field >= 0 && this.#starts[field] !== 0)) return false;
        } else if (depth === 1 && field === FIELD.usage) {
          inner = fieldAt(bytes, at + 1, keyEnd - 1, FIRST_OF_USAGE, NAMES.length);
          innerStart = keyEnd + 1;
          if (inner === ESCAPED_KEY || (inner >= 0 && this.#starts[inner] !== 0)) return false;
        }
        at = keyEnd + 1;
      }
      const first = bytes[at];
      if (first === QUOTE) at = stringEnd(bytes, at, end);
      else if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
        const opens = first === OPEN_OBJECT ? 1 : 0;
        if (bytes[at + 1] === (opens === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) at += 2;
        else {
          depth += 1;
          if (depth === MOST_DEPTH) return false;
          isObject[depth] = opens;
          at += 1;
          continue;
        }
      } else at = atomEnd(bytes, at, end);
      if (at < 0) return false;
      for (;;) {
        if (depth === 0 && field >= 0) {
          this.#starts[field] = valueStart;
          this.#ends[field] = at;
        } else if (depth === 1 && inner >= 0) {
          this.#starts[inner] = innerStart;
          this.#ends[inner] = at;
          inner = -1;
        }
        const next = bytes[at];
        at += 1;
        if (next === COMMA) break;
        if (next !== (isObject[depth] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) return false;
        depth -= 1;
        if (depth < 0) return at === end;
      }
    }
  }

  /** Whether the fields are those of an answer, of the types that a ledger relies on. */
  #isAnswer(bytes: Uint8Array): boolean {
    return (
      this.#is(FIELD.status, OK) &&
      bytes[this.startOf(FIELD.text)] === QUOTE &&
      this.#isDigest(FIELD.sha256) &&
      (!this.has(FIELD.pictureSha256) || this.#isDigest(FIELD.pictureSha256)) &&
      this.#isOptional(FIELD.request, QUOTE) &&
      this.#isOptional(FIELD.mtime, QUOTE) &&
      this.#isOptional(FIELD.answers, OPEN_OBJECT) &&
      this.#isOptional(FIELD.requests, OPEN_OBJECT) &&
      this.#isNumberIfThere(FIELD.size) &&
      this.#isNumberIfThere(FIELD.page) &&
      (!this.has(FIELD.cached) || this.#is(FIELD.cached, TRUE)) &&
      (!this.has(FIELD.usage) ||
        (bytes[this.startOf(FIELD.usage)] === OPEN_OBJECT &&
          this.numberOf(FIELD.inputTokens) >= 0 &&
          this.numberOf(FIELD.outputTokens) >= 0 &&
          this.numberOf(FIELD.thoughtTokens) >= 0))
    );
  }

  #isOptional(field: number, first: number): boolean {
    return !this.has(field) || this.#bytes[this.startOf(field)] === first;
  }

  #isNumberIfThere(field: number): boolean {
    return !this.has(field) || this.numberOf(field) >= 0;
  }

  #is(field: number, json: Uint8Array): boolean {
    return (
      this.endOf(field) - this.startOf(field) === json.length &&
      isAt(this.#bytes, this.startOf(field), json)
    );
  }

  /** Whether it is a text of 64 hexadecimal digits. */
  #isDigest(field: number): boolean {
    const bytes = this.#bytes;
    const start = this.startOf(field) + 1;
    const end = this.endOf(field) - 1;
    if (end - start !== 64 || bytes[start - 1] !== QUOTE) return false;
    for (let at = start; at < end; at += 1) if (HEX[bytes[at] ?? 0] !== 1) return false;
    return true;
  }
}

const NO_FIELD = -1;
const ESCAPED_KEY = -2;

/** The field that a key names, from `first` to before `last`. */
function fieldAt(
  bytes: Uint8Array,
  start: number,
  end: number,
  first: number,
  last: number,
): number {
  const length = end - start;
  const fields = length > LONGEST_NAME ? undefined : BY_LOOK[lookOf(length, bytes[start] ?? 0)];
  if (fields) {
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index] ?? NO_FIELD;
      const name = NAMES[field];
      if (field < first || field >= last || name?.length !== length) continue;
      if (isAt(bytes, start, name)) return field;
    }
  }
  for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return ESCAPED_KEY;
  return NO_FIELD;
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

/** The same for a pattern, in which 0 stands for any digit. */
function looksLike(bytes: Uint8Array, start: number, pattern: Uint8Array): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    const byte = bytes[start + index] ?? 0;
    const wanted = pattern[index];
    if (wanted === ZERO ? byte < ZERO || byte > NINE : byte !== wanted) return false;
  }
  return true;
}

function digits(bytes: Uint8Array, start: number, count: number): number {
  let number = 0;
  for (let at = start; at < start + count; at += 1) number = number * 10 + (bytes[at] ?? 0) - ZERO;
  return number;
}

/** Where a string ends that begins with its quote, or -1. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== QUOTE) return -1;
  let at = start + 1;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (IN_STRING[byte] === 1) {
      at += 1;
      continue;
    }
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return -1;
    const escaped = bytes[at + 1] ?? 0;
    if (ESCAPED[escaped] !== 1) return -1;
    at += 2;
    if (escaped !== SMALL_U) continue;
    for (const last = at + 4; at < last; at += 1) if (HEX[bytes[at] ?? 0] !== 1) return -1;
  }
  return -1;
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
