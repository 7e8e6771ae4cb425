import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, extname, sep } from 'node:path';
import { GeminiImageError } from '../../domain/error.js';
import { whyUnread } from '../../domain/system-errors.js';
import { HashedTexts } from '../../domain/text-hash.js';
import { type Entry, entriesInOrder, type ReadingOptions } from './directory.js';
import {
  type Failure,
  failed,
  isMisnamed,
  isNothingThere,
  mayBeMisnamed,
  misnamed,
  stopIfAborted,
} from './errors.js';
import { foreign, leftOut, type Selection } from './glob.js';
import {
  isPictureName,
  isRawName,
  type OtherFile,
  otherThanPicture,
  SPECIAL,
} from './looks-like-picture.js';

/** What a walk finds. */
export type Sight =
  /** Several pictures of one folder that need no check. */
  | {
      readonly kind: 'pictures';
      readonly prefix: string;
      /** The absolute path of their folder without symbolic links, with a slash at its end. */
      readonly realFolder: string;
      /** Their names in the folder. */
      readonly names: readonly string[];
    }
  | {
      readonly kind: 'picture';
      readonly name: string;
      /** The absolute path without symbolic links. */
      readonly realPath: string;
    }
  /** A file that is no picture. */
  | { readonly kind: 'passed-over'; readonly name: string; readonly what: OtherFile }
  /** A camera's raw file beside the JPEG or HEIC of the same picture. */
  | { readonly kind: 'raw-beside'; readonly name: string }
  /** A sub-folder that was not asked for. */
  | { readonly kind: 'left-out' }
  /** A sub-folder of a program or system, whose pictures are not the user's own. */
  | { readonly kind: 'foreign-folder'; readonly name: string; readonly realPath: string }
  /** A file or folder that is excluded. */
  | { readonly kind: 'excluded' }
  /** A link to what lies outside of the folder that is walked. */
  | { readonly kind: 'leads-out'; readonly name: string }
  | Failure;

export interface WalkOptions extends Pick<ReadingOptions, 'window' | 'signal'> {
  /** Whether a file or folder is excluded; a link may lead to either. */
  readonly isExcluded?: ((path: string, isFolder: boolean) => boolean) | undefined;
  /** Whether links are followed out of the folder, too. */
  readonly follow?: boolean | undefined;
  /** Whether a camera's raw file is wanted beside the picture that was made of it. */
  readonly raw?: boolean | undefined;
  /** Whether PDF documents are taken too. */
  readonly pdf?: boolean | undefined;
}

interface Folder {
  /** The path before the names of its entries: empty, or ending with a slash. */
  readonly prefix: string;
  readonly realPath: string;
  /** The real path of the folder that the walk began with. */
  readonly root: string;
  readonly selection: Selection;
}

/** A class, because there may be many, and literals made of others make each one a kind of its own. */
class OpenFolder implements Folder {
  readonly prefix: string;
  readonly realPath: string;
  readonly root: string;
  readonly selection: Selection;
  /** The real path with a slash at its end. */
  readonly realFolder: string;
  readonly windows: AsyncIterator<readonly Entry[], void, void>;
  /** The entries that were read last, and the index of the next one. */
  entries: readonly Entry[] = [];
  at = 0;

  constructor(
    { prefix, realPath, root, selection }: Folder,
    windows: AsyncIterator<readonly Entry[], void, void>,
  ) {
    this.prefix = prefix;
    this.realPath = realPath;
    this.root = root;
    this.selection = selection;
    this.realFolder = below(realPath, '');
    this.windows = windows;
  }
}

/** How many pictures are yielded at once. */
const RUN = 128;

/**
 * Walks a folder in natural order, folders and files merged by name, and yields what it finds. Symbolic
 * links are followed where they stay in the folder, because a stranger may have made them; their loops
 * end, because no real folder is searched twice for the same.
 *
 * @param prefix the folder as the user named it, with a slash at its end; empty for the working
 *   folder.
 */
export async function* walk(
  prefix: string,
  selection: Selection,
  options: WalkOptions,
): AsyncGenerator<readonly Sight[], void, void> {
  const seen = new HashedTexts();
  const open: OpenFolder[] = [];
  const enter = (folder: Folder) => {
    if (!seen.add(`${folder.selection.key}\0${folder.realPath}`)) return;
    open.push(new OpenFolder(folder, readFolder(folder, options)));
  };
  try {
    const root = await realpath(prefix || '.');
    enter({ prefix, selection, realPath: root, root });
  } catch (error) {
    yield [await unreadable(prefix, error)];
  }
  for (let folder = open.at(-1); folder; folder = open.at(-1)) {
    stopIfAborted(options.signal);
    const pictures = takePictures(folder, options);
    if (pictures.length > 0) {
      yield pictures;
      continue;
    }
    const next = await nextEntry(folder);
    if (!next) {
      open.pop();
    } else if (next.kind === 'failed') {
      open.pop();
      yield [next];
    } else {
      const sight = await lookAt(next.entry, folder, options);
      if (sight?.kind === 'folder') enter(sight);
      else if (sight) yield [sight];
    }
  }
}

function readFolder({ prefix, selection }: Folder, options: WalkOptions): OpenFolder['windows'] {
  const takes = (name: string) => selection.takesFile(name);
  const enters = (name: string) => selection.inside(name) !== undefined;
  const { window, signal } = options;
  const keep = ({ name, type }: Entry) => {
    if (type === 'folder') return enters(name);
    return takes(name) || (type === 'link' && enters(name));
  };
  return entriesInOrder(prefix || '.', { window, signal, keep });
}

/** The next entries of a folder that are pictures by their names alone, and what lies among them. */
function takePictures(folder: OpenFolder, options: WalkOptions): Sight[] {
  const { isExcluded } = options;
  const { prefix, realFolder, entries } = folder;
  const names: string[] = [];
  const others: Sight[] = [];
  if (mayBeMisnamed(prefix)) return others;
  for (; names.length + others.length < RUN; folder.at += 1) {
    const entry = entries[folder.at];
    if (entry?.type !== 'file') break;
    const { name } = entry;
    if (!isSurelyPicture(name) || mayBeMisnamed(name)) break;
    if (isExcluded?.(prefix + name, false)) others.push({ kind: 'excluded' });
    else if (isBesideItsPicture(name, folder, options)) {
      others.push({ kind: 'raw-beside', name: prefix + name });
    } else names.push(name);
  }
  if (names.length > 0) others.push({ kind: 'pictures', prefix, realFolder, names });
  return others;
}

/** Endings of the pictures that cameras write beside a raw file, or people develop from it. */
const DEVELOPED = ['jpg', 'JPG', 'jpeg', 'JPEG', 'heic', 'HEIC', 'heif', 'HEIF', 'hif', 'HIF'];

/** Whether a name is that of a raw whose JPEG or HEIC is beside it and is not excluded. */
function isBesideItsPicture(
  name: string,
  { prefix, selection }: Folder,
  { raw = false, isExcluded }: WalkOptions,
): boolean {
  if (raw || !isRawName(name)) return false;
  const stem = name.slice(0, -extname(name).length);
  return DEVELOPED.map((ending) => `${stem}.${ending}`).some(
    (twin) =>
      selection.takesFile(twin) && !isExcluded?.(prefix + twin, false) && existsSync(prefix + twin),
  );
}

async function nextEntry(
  folder: OpenFolder,
): Promise<{ kind: 'entry'; entry: Entry } | Failure | undefined> {
  try {
    if (folder.at === folder.entries.length) {
      const window = await folder.windows.next();
      if (window.done) return undefined;
      folder.entries = window.value;
      folder.at = 0;
    }
    const entry = folder.entries[folder.at];
    folder.at += 1;
    return entry && { kind: 'entry', entry };
  } catch (error) {
    if (error instanceof GeminiImageError) throw error;
    return await unreadable(folder.prefix, error);
  }
}

type Looked = Sight | ({ readonly kind: 'folder' } & Folder) | undefined;

async function lookAt(
  { name, type }: Entry,
  folder: Folder,
  options: WalkOptions,
): Promise<Looked> {
  const { isExcluded } = options;
  const path = folder.prefix + name;
  if (isExcluded?.(path, type !== 'file')) return { kind: 'excluded' };
  if (type !== 'folder' && isBesideItsPicture(name, folder, options)) {
    return { kind: 'raw-beside', name: path };
  }
  const { root, selection } = folder;
  const realPath = below(folder.realPath, name);
  switch (type) {
    case 'file':
      return lookAtFile(path, realPath, options);
    case 'folder':
      return lookAtFolder(path, { realPath, root }, selection.inside(name));
    case 'other':
      return { kind: 'passed-over', name: path, what: SPECIAL };
    case 'link':
      return lookAtLink(path, name, { realPath, root, selection }, options);
  }
}

async function lookAtLink(
  path: string,
  name: string,
  { realPath: ownPath, root, selection }: Omit<Folder, 'prefix'>,
  options: WalkOptions,
): Promise<Looked> {
  const target = await stat(path).catch(() => undefined);
  const realPath = target && (await realpath(path).catch(() => undefined));
  const leadsOut = !options.follow && realPath !== undefined && !isWithin(root, realPath);
  if (target?.isDirectory()) {
    const inside = selection.inside(name);
    if (leadsOut && inside && inside !== leftOut) return { kind: 'leads-out', name: path };
    return lookAtFolder(path, { realPath: realPath ?? ownPath, root }, inside);
  }
  if (!selection.takesFile(name)) return undefined;
  if (leadsOut) return { kind: 'leads-out', name: path };
  // A dangling link counts by its name; loading it will fail with "no such file".
  if (!target) return lookAtFile(path, ownPath, options);
  return target.isFile()
    ? lookAtFile(path, realPath ?? ownPath, options)
    : { kind: 'passed-over', name: path, what: SPECIAL };
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function lookAtFolder(
  path: string,
  { realPath, root }: Pick<Folder, 'realPath' | 'root'>,
  selection: Selection | undefined,
): Looked {
  if (selection === leftOut) return { kind: 'left-out' };
  if (selection === foreign) return { kind: 'foreign-folder', name: basename(path), realPath };
  return selection && { kind: 'folder', prefix: `${path}/`, realPath, root, selection };
}

async function lookAtFile(
  path: string,
  realPath: string,
  { pdf = false }: WalkOptions,
): Promise<Sight> {
  if (isSurelyPicture(basename(path))) {
    return (await isMisnamed(path)) ? misnamed(path) : { kind: 'picture', name: path, realPath };
  }
  try {
    const what = await otherThanPicture(path);
    return what && !(pdf && what.isPdf)
      ? { kind: 'passed-over', name: path, what }
      : { kind: 'picture', name: path, realPath };
  } catch (error) {
    // A dangling link is not a file; a file that cannot be read may be a picture.
    if (isNothingThere(error)) return { kind: 'passed-over', name: path, what: SPECIAL };
    return failed(path, whyUnread(error), { cause: error });
  }
}

/** On foreign disks, macOS keeps metadata of `a.jpg` in `._a.jpg`, which is not a picture. */
function isSurelyPicture(name: string): boolean {
  return isPictureName(name) && !name.startsWith('._');
}

async function unreadable(prefix: string, error: unknown): Promise<Failure> {
  const name = prefix || './';
  if (await isMisnamed(name)) return misnamed(name);
  return failed(name, `the folder cannot be read: ${whyUnread(error)}`, { cause: error });
}

function below(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
