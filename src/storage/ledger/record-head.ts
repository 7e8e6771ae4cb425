import { isAt, isHex, JsonBytes, keyEnd, valueEnd } from './json-bytes.js';
import { LineForm } from './line-form.js';

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
const BY_LOOK: Int8Array[] = Array((LONGEST_NAME + 1) * 32).fill(new Int8Array());
for (const [field, name] of NAMES.entries()) {
  const look = lookOf(name.length, name[0] ?? 0);
  BY_LOOK[look] = Int8Array.of(...(BY_LOOK[look] ?? []), field);
}

function lookOf(length: number, first: number): number {
  return length * 32 + (first & 31);
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const OPENING = Buffer.from('{"image":"');
const OK = Buffer.from('"ok"');
const TRUE = Buffer.from('true');
const ISO = Buffer.from('0000-00-00T00:00:00.000Z');
/** A digest in hexadecimal, with its quotes. */
const DIGEST = 66;

/** Lines of more forms take turns in hardly any ledger. */
const MOST_FORMS = 4;
/** After so many lines in turn with forms that are new, only every so many-th is looked at for its form. */
const PATIENCE = 256;
/** A form is kept only if it takes not much memory. */
const LONGEST_FORM = 1 << 16;

/**
 * Finds the fields of a record in the bytes of its line without making an object of it, which takes a
 * fraction of the time. The whole line is checked as strictly as a parser would do it. It holds the
 * line that was read last. It is written for speed: a ledger may have a million lines.
 */
export class RecordHead {
  /** Where the value of each field begins in the bytes; 0 if there is none. */
  readonly #starts = new Int32Array(NAMES.length);
  readonly #ends = new Int32Array(NAMES.length);
  #json = new JsonBytes(new Uint8Array());
  /** Those of the last lines, the newest first. */
  readonly #forms: LineForm[] = [];
  /** How many lines were not seen to have one of them since one was. */
  #misses = 0;
  #lastDate = 0;
  #lastMidnight = 0;

  /**
   * Reads a line. Returns false if it is not surely a whole record of an answer about one picture, in
   * the form in which records are written; such a line has to be parsed.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (!isAt(bytes, start, OPENING)) return false;
    if (bytes !== this.#json.bytes) this.#json = new JsonBytes(bytes);
    const looksAtForm = this.#misses < PATIENCE || this.#misses % PATIENCE === 0;
    this.#starts.fill(0);
    if (looksAtForm && this.#hasKnownForm(start, end)) return this.#isAnswer(bytes);
    this.#starts.fill(0);
    this.#misses += 1;
    if (!this.#find(start, end) || !this.#isAnswer(bytes)) return false;
    if (looksAtForm) this.#learn(start, end);
    return true;
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
      if (this.#json.bytes[at] === BACKSLASH) return false;
    }
    return true;
  }

  /** Whether a text is in ASCII and has no escapes. */
  isAscii(field: number): boolean {
    const end = this.endOf(field) - 1;
    for (let at = this.startOf(field) + 1; at < end; at += 1) {
      const byte = this.#json.bytes[at] ?? 0;
      if (byte >= 0x80 || byte === BACKSLASH) return false;
    }
    return true;
  }

  textOf(field: number): string {
    const { buffer, byteOffset, byteLength } = this.#json.bytes;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    return String(JSON.parse(bytes.toString('utf8', this.startOf(field), this.endOf(field))));
  }

  /** A whole number that is not negative, of at most 15 digits; -1 if there is none. */
  numberOf(field: number): number {
    const bytes = this.#json.bytes;
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
    const bytes = this.#json.bytes;
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
        return this.#midnight(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
      }
    }
    return Date.parse(this.textOf(field));
  }

  /** Pictures that follow each other are often of one day. */
  #midnight(year: number, month: number, day: number): number {
    const date = (year * 100 + month) * 100 + day;
    if (date !== this.#lastDate) {
      this.#lastDate = date;
      this.#lastMidnight = Date.UTC(year, month - 1, day);
    }
    return this.#lastMidnight;
  }

  /** Most lines have the form of the one before, and are read in half the time then. */
  #hasKnownForm(start: number, end: number): boolean {
    const forms = this.#forms;
    for (let index = 0; index < forms.length; index += 1) {
      const form = forms[index];
      if (!form?.read(this.#json, start, end, this.#starts, this.#ends)) continue;
      this.#misses = 0;
      if (index > 0) {
        forms.splice(index, 1);
        forms.unshift(form);
      }
      return true;
    }
    return false;
  }

  #learn(start: number, end: number): void {
    const form = new LineForm(this.#json, start, end, this.#starts, this.#ends);
    if (form.length > LONGEST_FORM) return;
    this.#forms.unshift(form);
    if (this.#forms.length > MOST_FORMS) this.#forms.pop();
  }

  /** Finds the fields. Returns whether the line is JSON to its end, with each of them once. */
  #find(start: number, end: number): boolean {
    return this.#findIn(start, end, FIELD.image, FIRST_OF_USAGE) === end;
  }

  /**
   * Finds the fields of an object, from `first` to before `last`.
   *
   * @returns where it ends, or -1.
   */
  #findIn(start: number, end: number, first: number, last: number): number {
    const json = this.#json;
    const { bytes } = json;
    if (bytes[start + 1] === CLOSE_OBJECT) return start + 2;
    for (let at = start + 1; ; at += 1) {
      const value = keyEnd(json, at, end);
      if (value < 0) return -1;
      const field = fieldAt(bytes, at + 1, value - 2, first, last);
      if (field === ESCAPED_KEY || (field >= 0 && this.has(field))) return -1;
      const hasFields = field === FIELD.usage && bytes[value] === OPEN_OBJECT;
      at = hasFields
        ? this.#findIn(value, end, FIRST_OF_USAGE, NAMES.length)
        : valueEnd(json, value, end);
      if (at < 0) return -1;
      if (field >= 0) {
        this.#starts[field] = value;
        this.#ends[field] = at;
      }
      if (bytes[at] === CLOSE_OBJECT) return at + 1;
      if (bytes[at] !== COMMA) return -1;
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
    return !this.has(field) || this.#json.bytes[this.startOf(field)] === first;
  }

  #isNumberIfThere(field: number): boolean {
    return !this.has(field) || this.numberOf(field) >= 0;
  }

  #is(field: number, json: Uint8Array): boolean {
    return (
      this.endOf(field) - this.startOf(field) === json.length &&
      isAt(this.#json.bytes, this.startOf(field), json)
    );
  }

  /** Whether it is a text of 64 hexadecimal digits. */
  #isDigest(field: number): boolean {
    const start = this.startOf(field);
    return (
      this.endOf(field) - start === DIGEST &&
      this.#json.bytes[start] === QUOTE &&
      isHex(this.#json.bytes, start + 1, DIGEST - 2)
    );
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

/** Whether bytes are those of a pattern, in which 0 stands for any digit. */
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
