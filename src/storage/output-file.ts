import { fstatSync, type Stats, write } from 'node:fs';
import { copyFile, type FileHandle, lstat, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type GeminiImageError, usageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { explainer, writeFailure } from './errors.js';
import { asNamed, outputTarget } from './output-target.js';
import { takeOwnFile } from './own-file.js';
import type { Untouchable } from './reserved-files.js';
import { type Keeping, withSuffix } from './swap-file.js';
import { takePlace } from './take-place.js';
import { removeLeftOvers } from './temporary-file.js';

/** A file that appears whole or not at all. Until it is whole, its name is `x.unfinished`. */
export interface OutputFile {
  /** Whether a file is there already, which `commit` replaces. */
  replaces: boolean;
  /**
   * Adds a text. If that fails, the file keeps all earlier texts, and the text is tried again with the
   * next one or at the end.
   *
   * @param ending completes the file as it is so far; the next text overwrites it.
   */
  write(text: string, ending?: string): Promise<void>;
  /** Adds bytes. If that fails, what was written can only be discarded. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /**
   * Brings the file to the disk and moves it to its path.
   *
   * @param keeping what happens to a file that was there; by default it is removed.
   * @returns where the old file is now, if it is kept.
   */
  commit(keeping?: Keeping): Promise<string | undefined>;
  /** Removes what was written; a file that was there before is unchanged. */
  discard(): Promise<void>;
  /**
   * Keeps what was written beside the path or, if that fails, in the system's temporary folder. A
   * file that was there before is unchanged.
   *
   * @returns the path of the kept file; undefined if nothing was written.
   */
  keep(): Promise<string | undefined>;
  /** The text for which there was no room, not even in the file that is kept. */
  unwritten(): string;
}

/**
 * Opens a file for writing and locks it against other runs until it is at its path. It is opened at
 * once, so that an error comes before anything is paid for. A link is followed. A named pipe, a
 * device, or a file that is open in this process is written to directly.
 *
 * @param untouchable files that must not be written over.
 * @throws GeminiImageError of kind `usage`, also from `write` and `commit` (a full disk).
 */
export async function openOutputFile(
  path: string,
  untouchable: Untouchable,
  tell: Tell<'unlocked'> = () => {},
): Promise<OutputFile> {
  const explain = explainer(path);
  const descriptor = path === '' ? undefined : await descriptorOf(path);
  if (descriptor !== undefined) {
    return streamTo((content) => writeToDescriptor(descriptor, content).catch(explain));
  }
  const { target, existing } = await outputTarget(path, untouchable);
  if (existing && !existing.isFile()) {
    const file = await open(path, 'w').catch(explain);
    return streamTo(
      (content) => file.appendFile(content).catch(explain),
      () => file.close(),
    );
  }
  await removeLeftOvers(dirname(target));
  const mode = existing?.mode ?? 0o666;
  const taken = await takeOwnFile(unfinishedNames(target), mode, (why) =>
    tell({ type: 'unlocked', path, why }),
  ).catch(explain);
  if (taken === 'held') throw busy(path);
  return new UnfinishedFile(path, target, existing?.mode, taken.path, taken.file);
}

/** `x.unfinished`, `x.unfinished.2` … A file with content is never used again. */
function* unfinishedNames(target: string): Generator<string> {
  yield withSuffix(target, '.unfinished');
  for (let number = 2; number < 10_000; number += 1) {
    yield withSuffix(target, `.unfinished.${number}`);
  }
}

function busy(path: string): GeminiImageError {
  return usageError(
    `${path} is being written by another run`,
    'Wait until that is finished, or name another file.',
  );
}

class UnfinishedFile implements OutputFile {
  readonly #path: string;
  readonly #target: string;
  readonly #oldMode: number | undefined;
  readonly #name: string;
  readonly #file: FileHandle;
  /** In bytes, without the ending. */
  #size = 0;
  #ending = '';
  /** The text that could not be written yet. */
  #unwritten = { text: '', ending: '' };
  #isOpen = true;
  #kept: Promise<string | undefined> | undefined;

  constructor(
    path: string,
    target: string,
    oldMode: number | undefined,
    name: string,
    file: FileHandle,
  ) {
    this.#path = path;
    this.#target = target;
    this.#oldMode = oldMode;
    this.#name = name;
    this.#file = file;
  }

  get replaces(): boolean {
    return this.#oldMode !== undefined;
  }

  async write(text: string, ending = ''): Promise<void> {
    this.#unwritten = { text: this.#unwritten.text + text, ending };
    try {
      await this.#writeOut();
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writeOut();
      await writeAt(this.#file, bytes, this.#size);
      this.#size += bytes.length;
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  async commit(keeping: Keeping = 'none'): Promise<string | undefined> {
    try {
      await this.#writeOut();
      if (this.#oldMode !== undefined) await this.#file.chmod(this.#oldMode);
      await this.#file.sync();
      // Windows does not rename a file that is open.
      await this.#close();
      const aside = await takePlace(this.#name, this.#target, keeping);
      return aside && asNamed(aside, this.#target, this.#path);
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  async discard(): Promise<void> {
    if (!this.#isOpen) return;
    // Removed while it is locked, so that no other run can have begun to use it.
    await rm(this.#name, { force: true }).catch(() => undefined);
    await this.#close();
  }

  keep(): Promise<string | undefined> {
    this.#kept ??= this.#keep();
    return this.#kept;
  }

  unwritten(): string {
    return this.#unwritten.text;
  }

  async #keep(): Promise<string | undefined> {
    if (!this.#isOpen) return (await isThere(this.#name)) ? this.#name : undefined;
    const isWhole = await this.#writeOut().then(
      () => true,
      () => false,
    );
    if (isWhole && this.#size === 0) {
      await this.discard();
      return undefined;
    }
    const elsewhere = isWhole ? undefined : await this.#rescue().catch(() => undefined);
    await this.#file.sync().catch(() => undefined);
    if (elsewhere !== undefined || this.#size === 0) await this.discard();
    else await this.#close();
    return elsewhere ?? (this.#size === 0 ? undefined : this.#name);
  }

  /** Makes a copy, perhaps on another disk, with the text for which there was no room here. */
  async #rescue(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'gemini-image-'));
    const copy = join(folder, basename(this.#name));
    try {
      await copyFile(this.#name, copy);
      const file = await open(copy, 'r+');
      try {
        const { text, ending } = this.#unwritten;
        await writeAt(file, Buffer.from(text + ending), this.#size);
        await file.sync();
      } finally {
        await file.close();
      }
      this.#unwritten = { text: '', ending: '' };
      return copy;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async #writeOut(): Promise<void> {
    const { text, ending } = this.#unwritten;
    if (text === '' && ending === this.#ending) return;
    const bytes = Buffer.from(text + ending);
    try {
      await writeAt(this.#file, bytes, this.#size);
      await this.#cutAt(this.#size + bytes.length);
    } catch (error) {
      // There is room for these bytes, because they were there before.
      const whole = Buffer.from(this.#ending);
      await writeAt(this.#file, whole, this.#size).catch(() => undefined);
      await this.#file.truncate(this.#size + whole.length).catch(() => undefined);
      throw error;
    }
    this.#size += Buffer.byteLength(text);
    this.#ending = ending;
    this.#unwritten = { text: '', ending };
  }

  /** Cuts the file: after a shorter ending there are bytes of the last one. */
  async #cutAt(size: number): Promise<void> {
    if (this.#size + Buffer.byteLength(this.#ending) > size) await this.#file.truncate(size);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }
}

/** Writes all bytes. A second write is needed only if the disk is full, and then fails. */
async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Writes what is added at once, and an ending only at the end. */
function streamTo(
  add: (content: string | Uint8Array) => Promise<void>,
  close: () => Promise<void> = async () => {},
): OutputFile {
  let held = '';
  let isOpen = true;
  const end = async () => {
    if (!isOpen) return;
    isOpen = false;
    try {
      if (held !== '') await add(held);
    } finally {
      await close();
    }
  };
  const endQuietly = () => end().catch(() => undefined);
  return {
    replaces: false,
    async write(text, ending = '') {
      held = ending;
      if (text !== '') await add(text);
    },
    writeBytes: add,
    async commit() {
      await end();
      return undefined;
    },
    discard: endQuietly,
    async keep() {
      await endQuietly();
      return undefined;
    },
    unwritten: () => '',
  };
}

const writeTo = promisify(write);

const BY_NUMBER = /^\/+(?:dev|proc\/(?:self|thread-self))\/fd\/(\d+)$/;

/**
 * The open descriptor of this process that a path means, if any: `/dev/fd/3`, or a path to the file
 * behind stdout or stderr. Other programs may use that file, and opening it again would write at
 * another position than theirs.
 */
export async function descriptorOf(path: string): Promise<number | undefined> {
  const number = BY_NUMBER.exec(path)?.[1];
  if (number !== undefined) return Number(number);
  const file = await stat(path).catch(() => undefined);
  return file && [1, 2].find((descriptor) => isOpenAs(descriptor, file));
}

/** Whether a path is or may become a regular file that is no open descriptor of this process. */
export async function isPlainFile(path: string): Promise<boolean> {
  if ((await descriptorOf(path)) !== undefined) return false;
  const file = await stat(path).catch(() => undefined);
  return !file || file.isFile() || file.isDirectory();
}

function isOpenAs(descriptor: number, file: Stats): boolean {
  try {
    const open = fstatSync(descriptor);
    return open.dev === file.dev && open.ino === file.ino;
  } catch {
    return false;
  }
}

/** Writes at the descriptor's own position, where its other holders would write next. */
async function writeToDescriptor(descriptor: number, content: string | Uint8Array): Promise<void> {
  let rest = typeof content === 'string' ? Buffer.from(content) : content;
  while (rest.length > 0) {
    const { bytesWritten } = await writeTo(descriptor, rest, 0, rest.length, null);
    rest = rest.subarray(bytesWritten);
  }
}
