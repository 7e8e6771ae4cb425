// The uploaded files, as in the Files API: their owners, their states, and when they expire.
import { randomInt } from 'node:crypto';
import { invalidArgument, noSuchFile, unprocessableImage } from '../http/errors.js';
import { type PageRules, pageOf } from '../http/paging.js';
import type { FileData } from '../messages/requests.js';
import { checkMimeType, type Look, type Picture, readPicture } from '../pictures/picture.js';
import type { Scratch } from './scratch.js';
import type { UploadFault } from './upload-faults.js';

/** The result of an upload. */
export interface ReceivedFile {
  readonly displayName?: string;
  readonly mimeType: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of the bytes, in base64. */
  readonly sha256Hash: string;
  /** Undefined if there are no bytes. From now on the file closes it. */
  readonly scratch: Scratch | undefined;
}

/** A file as `files.get` describes it. */
export interface FileResource {
  name: string;
  displayName?: string;
  mimeType: string;
  sizeBytes: string;
  createTime: string;
  updateTime: string;
  expirationTime: string;
  sha256Hash: string;
  uri: string;
  state: Outcome['state'];
  error?: { code: number; message: string };
  source: 'UPLOADED';
}

export interface FilesOptions {
  /** The beginning of the URIs of files, without a trailing slash. */
  readonly origin: string;
  readonly processingMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The end state of a file; only a picture can be asked about. */
type Outcome =
  | { readonly state: 'PROCESSING' }
  | { readonly state: 'ACTIVE'; readonly picture?: Picture }
  | { readonly state: 'FAILED' };

/** The bytes of a file that is in use. They stay until they are released, even if it is deleted. */
export interface HeldContent {
  readonly size: number;
  readAt(offset: number, length: number): Buffer;
  release(): void;
}

interface StoredFile extends ReceivedFile {
  readonly id: string;
  /** The key that it was uploaded with: each key stands for a project of its own. */
  readonly owner: string;
  readonly createdAt: number;
  readonly processedAt: number;
  outcome?: Promise<Outcome>;
  /** How many jobs use its bytes at the moment. */
  holders: number;
  isDropped: boolean;
}

const LIFETIME_MS = 48 * 60 * 60 * 1000;
/** In bytes; a larger picture fails here, because it is held in memory to be decoded. */
const LARGEST_PICTURE = 256 * 1024 * 1024;
/** `google.rpc.Code.INVALID_ARGUMENT`. */
const INVALID_ARGUMENT = 3;
const ID_LENGTH = 12;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const PAGES = {
  label: 'files',
  request: 'ListFilesRequest',
  defaultSize: 10,
  largestSize: 100,
} as const satisfies PageRules;

export class Files {
  readonly #options: FilesOptions;
  readonly #files = new Map<string, StoredFile>();

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  /** Adds a file, PROCESSING at first, and returns its id. A fault makes it stay so, or end FAILED. */
  add(owner: string, received: ReceivedFile, fault?: UploadFault['kind']): string {
    const id = newId();
    const createdAt = this.#options.now();
    const processedAt = fault === 'stuck' ? Infinity : createdAt + this.#options.processingMs;
    const times = { createdAt, processedAt };
    const file: StoredFile = { ...received, id, owner, ...times, holders: 0, isDropped: false };
    if (fault === 'failed') file.outcome = Promise.resolve({ state: 'FAILED' });
    this.#files.set(id, file);
    return id;
  }

  /** `files.get`. Rejects with 403 for a file that is missing or is another project's. */
  async get(owner: string, id: string): Promise<FileResource> {
    return this.#describe(this.#find(owner, id));
  }

  /** `files.list`, the newest first. */
  async list(owner: string, query: URLSearchParams): Promise<object> {
    const { items, nextPageToken } = pageOf(this.#of(owner), query, PAGES);
    const files = await Promise.all(items.map((file) => this.#describe(file)));
    return { ...(files.length > 0 && { files }), ...(nextPageToken && { nextPageToken }) };
  }

  /** `files.delete`. Throws the same errors as `get`. */
  delete(owner: string, id: string): void {
    this.#drop(this.#find(owner, id));
  }

  /** Bytes that a project has stored. */
  bytesOf(owner: string): number {
    return this.#of(owner).reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The bytes of a job's input file; `name` begins with `files/`. Rejects with 403 for a missing file,
   * and with 400 for one that is not ready or holds no lines.
   */
  async hold(owner: string, name: string): Promise<HeldContent> {
    const id = name.replace(/^files\//, '');
    const file = this.#find(owner, id);
    const { state } = await this.#outcomeOf(file);
    if (state !== 'ACTIVE') {
      throw invalidArgument(`The File ${id} is not in an ACTIVE state and usage is not allowed.`);
    }
    if (!holdsLines(file)) {
      throw invalidArgument(`The File ${id} has the MIME type ${file.mimeType}, and no lines.`);
    }
    const { scratch, size } = file;
    file.holders += 1;
    return {
      size,
      readAt: (offset, length) => scratch?.readAt(offset, length) ?? Buffer.alloc(0),
      release: () => {
        file.holders -= 1;
        if (file.isDropped && file.holders === 0) scratch?.close();
      },
    };
  }

  /**
   * The picture that a part refers to. Rejects with 403 for every URI that is not exactly one of this
   * service. Rejects with 400 for a file that is not ACTIVE, is no picture, or has another MIME type.
   */
  async pictureOf(owner: string, { fileUri = '', mimeType = '' }: FileData): Promise<Picture> {
    const id = fileUri.split('/').at(-1) ?? '';
    if (fileUri !== this.#uri(id)) throw noSuchFile(id);
    const file = this.#find(owner, id);
    if (mimeType !== '' && mimeType !== file.mimeType) {
      throw invalidArgument(
        `The File ${id} has the MIME type ${file.mimeType}, and not ${mimeType}.`,
      );
    }
    const outcome = await this.#outcomeOf(file);
    if (outcome.state !== 'ACTIVE') {
      throw invalidArgument(`The File ${id} is not in an ACTIVE state and usage is not allowed.`);
    }
    checkMimeType(file);
    if (outcome.picture === undefined) throw unprocessableImage();
    return outcome.picture;
  }

  /** What is known of a file without looking at it; undefined if it is not this project's. */
  factsOf(owner: string, { fileUri = '' }: FileData) {
    const file = this.#files.get(fileUri.split('/').at(-1) ?? '');
    if (file?.owner !== owner) return undefined;
    const { size: bytes, sha256Hash, displayName: name } = file;
    const sha256 = Buffer.from(sha256Hash, 'base64').toString('hex');
    return { sha256, bytes, ...(name && { name }) };
  }

  close(): void {
    for (const file of [...this.#files.values()]) this.#drop(file);
  }

  #find(owner: string, id: string): StoredFile {
    this.#sweep();
    const file = this.#files.get(id);
    if (file?.owner !== owner) throw noSuchFile(id);
    return file;
  }

  #of(owner: string): StoredFile[] {
    this.#sweep();
    return [...this.#files.values()].filter((file) => file.owner === owner).reverse();
  }

  #sweep(): void {
    const now = this.#options.now();
    for (const file of [...this.#files.values()]) {
      if (now >= file.createdAt + LIFETIME_MS) this.#drop(file);
    }
  }

  #drop(file: StoredFile): void {
    this.#files.delete(file.id);
    file.isDropped = true;
    if (file.holders === 0) file.scratch?.close();
  }

  /** A file is examined only once, at the first request after its processing time. */
  async #outcomeOf(file: StoredFile): Promise<Outcome> {
    if (this.#options.now() < file.processedAt) return { state: 'PROCESSING' };
    file.outcome ??= digest(file);
    return file.outcome;
  }

  async #describe(file: StoredFile): Promise<FileResource> {
    const { state } = await this.#outcomeOf(file);
    const { displayName, createdAt, processedAt } = file;
    const { message } = unprocessableImage();
    return {
      name: `files/${file.id}`,
      ...(displayName && { displayName }),
      mimeType: file.mimeType,
      sizeBytes: String(file.size),
      createTime: timestamp(createdAt),
      updateTime: timestamp(state === 'PROCESSING' ? createdAt : processedAt),
      expirationTime: timestamp(createdAt + LIFETIME_MS),
      sha256Hash: file.sha256Hash,
      uri: this.#uri(file.id),
      state,
      ...(state === 'FAILED' && { error: { code: INVALID_ARGUMENT, message } }),
      source: 'UPLOADED',
    };
  }

  #uri(id: string): string {
    return `${this.#options.origin}/v1beta/files/${id}`;
  }
}

/** Everything is looked for, because later requests are not known and the bytes are not kept. */
const CLOSELY: Look = { forRegions: true, forLikeness: true };

/** Never rejects. The bytes of a picture are freed afterwards: only the measurements are needed. */
async function digest(file: StoredFile): Promise<Outcome> {
  const { mimeType, size, scratch } = file;
  try {
    if (!isPicture(mimeType) && !isDocument(mimeType)) return { state: 'ACTIVE' };
    if (scratch === undefined || size > LARGEST_PICTURE) return { state: 'FAILED' };
    checkMimeType({ mimeType });
    const data = scratch.read(size);
    return { state: 'ACTIVE', picture: await readPicture({ mimeType, data }, CLOSELY) };
  } catch {
    // Documents are only read when they are used.
    return { state: isDocument(mimeType) ? 'ACTIVE' : 'FAILED' };
  } finally {
    if (!holdsLines(file)) scratch?.close();
  }
}

function isPicture(mimeType: string): boolean {
  return /^image\//i.test(mimeType);
}

function isDocument(mimeType: string): boolean {
  return mimeType.toLowerCase() === 'application/pdf';
}

/** Whether a file may be the input of a job: lines of JSON. */
function holdsLines({ mimeType }: ReceivedFile): boolean {
  return /jsonl/i.test(mimeType);
}

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function newId(): string {
  const characters = Array.from({ length: ID_LENGTH }, () =>
    ID_CHARACTERS.charAt(randomInt(ID_CHARACTERS.length)),
  );
  return characters.join('');
}
