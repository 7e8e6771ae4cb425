import { DigestTable } from './digest-table.js';
import type { FinishedEntries } from './finished-entries.js';
import type { FinishedPictures, PictureHash } from './finished-pictures.js';

const HASHES: readonly PictureHash[] = ['sha256', 'pictureSha256'];

/** The entries of single pictures by their hashes. It is made when it is first needed. */
export class EntriesByDigest {
  readonly #entries: FinishedEntries;
  readonly #pictures: FinishedPictures;
  #table: DigestTable | undefined;
  /** How many entries the table has room for. */
  #room = 0;

  constructor(entries: FinishedEntries, pictures: FinishedPictures) {
    this.#entries = entries;
    this.#pictures = pictures;
  }

  /** To be called with each row that was added. */
  add(row: number): void {
    if (!this.#table) return;
    if (this.#entries.count > this.#room) this.#table = undefined;
    else this.#addTo(this.#table, row);
  }

  /**
   * Calls back with the rows that have a digest, until it returns true.
   *
   * @param digest what is kept of it.
   * @returns that row, if there is one.
   */
  find(hash: PictureHash, digest: Buffer, isRight: (row: number) => boolean): number | undefined {
    this.#table ??= this.#made();
    return this.#table.find(
      digest.readUInt32BE(),
      (row) => this.#hasDigest(row, hash, digest) && isRight(row),
    );
  }

  #made(): DigestTable {
    const { count } = this.#entries;
    // With room for as many again, so that it need not be made anew for each entry that comes.
    this.#room = 2 * count;
    const table = new DigestTable(2 * this.#room);
    for (let row = 0; row < count; row += 1) this.#addTo(table, row);
    return table;
  }

  #addTo(table: DigestTable, row: number): void {
    const picture = this.#entries.onlyPictureOf(row);
    if (picture < 0) return;
    for (const hash of HASHES) {
      const digest = this.#pictures.digestOf(picture, hash);
      if (!digest || !this.#standsFor(picture, hash)) continue;
      const [a = 0, b = 0, c = 0, d = 0] = digest;
      // One entry for equal pictures is enough, the newest, so that thousands of them cost no time.
      table.put(
        ((a << 24) | (b << 16) | (c << 8) | d) >>> 0,
        row,
        (other) =>
          this.#entries.hasSameQuestions(other, row) && this.#hasDigest(other, hash, digest),
      );
    }
  }

  #hasDigest(row: number, hash: PictureHash, digest: Uint8Array): boolean {
    const picture = this.#entries.firstPictureOf(row);
    return this.#pictures.hasDigest(picture, hash, digest) && this.#standsFor(picture, hash);
  }

  /** The digest of a file stands for its first page only, also where a search comes across another one. */
  #standsFor(picture: number, hash: PictureHash): boolean {
    return hash !== 'sha256' || !this.#pictures.isLaterPage(picture);
  }
}
