import type { PictureFacts } from '../../domain/record.js';
import { PackedRows } from './packed-rows.js';
import { FIELD, type RecordHead } from './record-head.js';

/** The hashes by which a picture is recognised at any path. */
export type PictureHash = 'sha256' | 'pictureSha256';

/** What makes a picture the same one as before. */
export interface FinishedPicture {
  /** In bytes; undefined in records of builds before 0.1.0. */
  readonly size: number | undefined;
  /**
   * When its file was last changed, in whole milliseconds since 1970; undefined if there was no
   * file, and in records of builds before 0.1.0.
   */
  readonly mtimeMs: number | undefined;
  /** Whether its identity is known, which it is not in records of builds before 0.1.0. */
  readonly isIdentified: boolean;
  /**
   * Whether it has this hash. Half of it is compared: no two pictures of a user have that in common.
   *
   * @param digest in hexadecimal.
   */
  has(hash: PictureHash, digest: string): boolean;
}

/** How many bytes of a digest are kept; nobody meets two pictures that have them in common. */
export const DIGEST = 16;
/** How many digits a whole one has. */
const DIGITS = 64;
/**
 * A picture's row: its size and the time of its last change (NaN if absent), the digest of its file,
 * its identity (zeros if absent), and its page in that file (0 if it is the file's only or first one).
 */
const PICTURE = {
  ...{ size: 0, mtimeMs: 8, sha256: 16, pictureSha256: 16 + DIGEST, page: 16 + 2 * DIGEST },
  width: 20 + 2 * DIGEST,
} as const;

/** The pictures of all answers, a row each, without their names. */
export class FinishedPictures {
  readonly #rows = new PackedRows(PICTURE.width);

  /** How many there are, which is the row of the next one. */
  get count(): number {
    return this.#rows.count;
  }

  add({ size, mtime, sha256, pictureSha256, page = 1 }: PictureFacts): void {
    const row = this.#rows.add();
    const offset = this.#rows.offsetOf(row);
    const { view, bytes } = this.#rows.pieceOf(row);
    view.setFloat64(offset + PICTURE.size, size ?? Number.NaN);
    view.setFloat64(offset + PICTURE.mtimeMs, mtime === undefined ? Number.NaN : Date.parse(mtime));
    view.setUint32(offset + PICTURE.page, page > 1 ? page : 0);
    bytes.set(keptOf(sha256), offset + PICTURE.sha256);
    if (pictureSha256?.length === DIGITS) {
      bytes.set(keptOf(pictureSha256), offset + PICTURE.pictureSha256);
    }
  }

  /** The same for the picture of a line of which only the head was read. */
  addHead(head: RecordHead, line: Uint8Array): void {
    const row = this.#rows.add();
    const offset = this.#rows.offsetOf(row);
    const { view, bytes } = this.#rows.pieceOf(row);
    const size = head.has(FIELD.size) ? head.numberOf(FIELD.size) : Number.NaN;
    view.setFloat64(offset + PICTURE.size, size);
    view.setFloat64(offset + PICTURE.mtimeMs, head.timeOf(FIELD.mtime));
    const page = head.numberOf(FIELD.page);
    view.setUint32(offset + PICTURE.page, page > 1 ? page : 0);
    unhex(line, head.startOf(FIELD.sha256) + 1, bytes, offset + PICTURE.sha256);
    if (head.has(FIELD.pictureSha256)) {
      const digest = head.startOf(FIELD.pictureSha256) + 1;
      unhex(line, digest, bytes, offset + PICTURE.pictureSha256);
    }
  }

  at(row: number): FinishedPicture {
    return new PackedPicture(this, row);
  }

  /** NaN if it is not known. */
  sizeOf(row: number): number {
    return this.#rows.pieceOf(row).view.getFloat64(this.#rows.offsetOf(row) + PICTURE.size);
  }

  /** NaN if it is not known. */
  mtimeMsOf(row: number): number {
    return this.#rows.pieceOf(row).view.getFloat64(this.#rows.offsetOf(row) + PICTURE.mtimeMs);
  }

  /** What is kept of a digest, valid as long as no row is added; undefined if there is none. */
  digestOf(row: number, hash: PictureHash): Uint8Array | undefined {
    const start = this.#rows.offsetOf(row) + PICTURE[hash];
    const digest = this.#rows.pieceOf(row).bytes.subarray(start, start + DIGEST);
    return digest.every((byte) => byte === 0) ? undefined : digest;
  }

  /** @param digest what is kept of it. */
  hasDigest(row: number, hash: PictureHash, digest: Uint8Array): boolean {
    const { bytes } = this.#rows.pieceOf(row);
    const start = this.#rows.offsetOf(row) + PICTURE[hash];
    for (let index = 0; index < DIGEST; index += 1) {
      if (bytes[start + index] !== digest[index]) return false;
    }
    return true;
  }

  /** Whether it is a page of its file, and not the first one. */
  isLaterPage(row: number): boolean {
    return this.#rows.pieceOf(row).view.getUint32(this.#rows.offsetOf(row) + PICTURE.page) > 0;
  }
}

/** Everything is looked at on demand, since size and time often suffice. */
class PackedPicture implements FinishedPicture {
  readonly pictures: FinishedPictures;
  readonly row: number;

  constructor(pictures: FinishedPictures, row: number) {
    this.pictures = pictures;
    this.row = row;
  }

  get size(): number | undefined {
    const size = this.pictures.sizeOf(this.row);
    return Number.isNaN(size) ? undefined : size;
  }

  get mtimeMs(): number | undefined {
    const mtimeMs = this.pictures.mtimeMsOf(this.row);
    return Number.isNaN(mtimeMs) ? undefined : mtimeMs;
  }

  get isIdentified(): boolean {
    return this.pictures.digestOf(this.row, 'pictureSha256') !== undefined;
  }

  has(hash: PictureHash, digest: string): boolean {
    const kept = keptOf(digest);
    return kept.length === DIGEST && this.pictures.hasDigest(this.row, hash, kept);
  }
}

/** The part of a digest that is kept; shorter if that is no digest. */
export function keptOf(digest: string): Buffer {
  return Buffer.from(digest.slice(0, 2 * DIGEST), 'hex');
}

/** What hexadecimal digits are worth, by their codes. */
const WORTH = Uint8Array.from({ length: 128 }, (_, code) => {
  const worth = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(worth) ? 0 : worth;
});

/** Puts the part of a digest that is kept where it belongs. */
function unhex(digits: Uint8Array, start: number, into: Uint8Array, offset: number): void {
  for (let index = 0; index < DIGEST; index += 1) {
    const high = WORTH[digits[start + 2 * index] ?? 0] ?? 0;
    into[offset + index] = (high << 4) | (WORTH[digits[start + 2 * index + 1] ?? 0] ?? 0);
  }
}
