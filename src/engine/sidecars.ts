import { lstat, open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type GeminiImageError, inputError } from '../domain/error.js';
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import { shownText } from '../domain/style-answers.js';
import { startsLikePicture } from '../images/find/looks-like-picture.js';
import { type ImageReference, pageMark } from '../images/find/reference.js';
import { unwritable } from '../storage/errors.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { ledgerKey } from '../storage/ledger/ledger-key.js';
import { questionsOf } from '../storage/ledger/questions-of.js';
import { parseRecord } from '../storage/ledger/record-line.js';
import { ReservedFiles } from '../storage/reserved-files.js';
import { expectWritable, writeSidecar } from '../storage/sidecar-file.js';
import { type Keeping, lastAsideName } from '../storage/swap-file.js';
import { removeLeftOvers } from '../storage/temporary-file.js';
import { createOutputPaths, notEmpty, onStdin, type PathWords, pathBelow } from './output-paths.js';

/** A file for each picture's answer, named after the picture. */
export interface Sidecars {
  /**
   * The path of a picture's sidecar, which from now on belongs to this picture.
   *
   * @throws GeminiImageError of kind `input` if it can have none.
   */
  pathFor(reference: ImageReference): string;
  /**
   * What is there: the answer to this question, an answer to another question that the results file
   * has too, or a file of unknown origin. An empty file counts as nothing.
   *
   * @param image the picture's name in records.
   * @param requests the fingerprints of what is asked, if they depend on the picture.
   */
  whatIsAt(
    path: string,
    image: string,
    requests?: readonly string[],
  ): Promise<'nothing' | 'answer' | 'other answer' | 'file'>;
  /**
   * Checks that a sidecar can be written, before its picture is asked about.
   *
   * @throws GeminiImageError of kind `usage` or `input`.
   */
  admit(path: string): Promise<void>;
  /**
   * Writes a sidecar. A file that appeared during the run is left as it is: it belongs to another
   * run or to the user. A file that is replaced is set aside, unless its answer is kept elsewhere.
   *
   * @returns false if such a file was left and the answer was not written.
   * @throws GeminiImageError of kind `usage`.
   */
  write(path: string, record: OkRecord | TogetherOkRecord): Promise<boolean>;
  /** How many files have been set aside. */
  setAside(): number;
}

export interface SidecarSettings {
  /** Without its dot. `json` gives the whole record, any other the text. */
  extension: string;
  /** Whether the picture's own ending stays in the name, as in `IMG_1.HEIC.txt`. */
  fullName?: boolean;
  /**
   * A folder that mirrors the folders of the pictures; without it, sidecars lie beside the
   * pictures.
   */
  folder?: string | undefined;
  /** Written before and after the text, but not into JSON records. */
  prefix: string;
  suffix: string;
  overwrite: boolean;
  /** The fingerprints of what is asked, which records hold too; of several styles, that of each. */
  requests: readonly string[];
  /**
   * Whether the emulator is asked. If not, answers of the emulator do not count and are replaced.
   */
  isOffline: boolean;
  /** The fingerprint of the same question asked of the emulator. */
  offlineRequest?: string | undefined;
  /** The results file, which keeps answers of earlier runs. */
  known?: KnownAnswers | undefined;
  /** Other files that the run reads or writes. */
  reserved?: ReservedFiles | undefined;
}

export type KnownAnswers = Pick<Ledger, 'answersUnder' | 'textOf'>;

const WORDS: PathWords = {
  what: 'sidecar',
  one: 'a sidecar',
  folderFlag: '--sidecar-dir',
  ifOwnPath: 'Give another ending to --sidecar, or --sidecar-dir.',
};

const OTHER_ENDING = 'Give another ending to --sidecar.';
const ELSEWHERE = 'Rename the picture, or name a folder with --sidecar-dir.';

/** The sidecars of one run. */
export function sidecarsOf(settings: SidecarSettings): Sidecars {
  const {
    extension,
    fullName = false,
    folder,
    prefix,
    suffix,
    overwrite,
    requests,
    isOffline,
    offlineRequest,
    known,
  } = settings;
  const { reserved = new ReservedFiles() } = settings;
  const paths = createOutputPaths(WORDS);
  const makesFolders = folder !== undefined;
  const swept = new Set<string>();
  let setAside = 0;
  return {
    pathFor(reference) {
      const base = folder === undefined ? besideOf(reference) : pathBelow(folder, reference, WORDS);
      const ending = `${pageMark(reference)}.${extension}`;
      const full = base + ending;
      if (fullName) return paths.take(full, reference);
      const ifTaken = `Give --sidecar-name full, with which this one is ${full}, or rename one of the two pictures.`;
      return paths.take(withEnding(base, ending), reference, ifTaken);
    },

    async whatIsAt(path, image, asked = requests) {
      if (overwrite) return 'nothing';
      const there = await lstat(path).catch(() => undefined);
      if (!there || there.isDirectory() || (there.isFile() && there.size === 0)) return 'nothing';
      if ((await emulatorsAt(path)) !== 'no') return 'nothing';
      if (extension === 'json' && isAnswered(await recordIn(path), asked)) return 'answer';
      return (await isKnown(path, image, asked)) ? 'other answer' : 'file';
    },

    async admit(path) {
      await expectWritable(path, { makesFolders, hint: ELSEWHERE });
      const there = await stat(path).catch(() => undefined);
      const why = await reserved.reasonFor(path, there);
      if (why !== undefined) {
        throw inputError(`its sidecar ${path} cannot be written: ${why}`, OTHER_ENDING);
      }
      if (there && (await isPicture(path))) throw onPicture(path);
      const inside = dirname(path);
      if (swept.has(inside)) return;
      swept.add(inside);
      await removeLeftOvers(inside);
    },

    async write(path, record) {
      const isJson = extension === 'json';
      const lines = isJson
        ? asLines(JSON.stringify(record, null, 2))
        : asLines(prefix + marked(shownText(record)) + suffix);
      const existing = await becomesOf(path, record, lines);
      if (existing === 'same') return true;
      const written = await writeSidecar(path, lines, { existing, makesFolders });
      if (!written.isWritten && (await isFolder(path))) {
        throw unwritable(path, 'it is a folder', undefined, OTHER_ENDING);
      }
      if (written.isWritten && written.aside !== undefined) setAside += 1;
      return written.isWritten;
    },

    setAside: () => setAside,
  };

  /** Marks a text as the emulator's. JSON of the emulator may have no text to hold the mark. */
  function marked(text: string): string {
    return isOffline && !text.includes(EMULATOR_MARK) ? `${EMULATOR_MARK} ${text}` : text;
  }

  /** What happens to a file that already lies at a sidecar's path, if there is one. */
  async function becomesOf(
    path: string,
    record: OkRecord | TogetherOkRecord,
    lines: string,
  ): Promise<'same' | 'stays' | Keeping> {
    if ((await contentOf(path, Buffer.byteLength(lines))) === lines) return 'same';
    const whose = await emulatorsAt(path);
    if (whose === 'surely') return 'none';
    if (!('image' in record)) return overwrite ? keepingFor(path) : 'stays';
    if (overwrite) return (await isKnown(path, record.image)) ? 'none' : keepingFor(path);
    if (whose === 'by its mark') return 'numbered';
    return (await isKnown(path, record.image, questionsOf(record))) ? 'none' : 'stays';
  }

  /**
   * Whether a file holds an answer of the emulator while another service is asked. The mark alone
   * could have been written by a person too; `surely` means that it cannot.
   */
  async function emulatorsAt(path: string): Promise<'no' | 'by its mark' | 'surely'> {
    if (isOffline) return 'no';
    if (extension === 'json') {
      const record = await recordIn(path);
      if (!record) return 'no';
      const isOwn = record.request === offlineRequest || shownText(record).includes(EMULATOR_MARK);
      return isOwn ? 'surely' : 'no';
    }
    const text = await beginningOf(path);
    // In JSON, the first text holds the mark.
    const bare = text.startsWith(prefix) ? text.slice(prefix.length) : text;
    const inJson = /^\s*[{[]/.test(bare) && text.includes(`"${EMULATOR_MARK}`);
    const isMarked = text.startsWith(prefix + EMULATOR_MARK) || STYLE_LINES.test(bare);
    if (!isMarked && !inJson) return 'no';
    return MEASUREMENTS.test(text) || STYLE_LINES.test(bare) ? 'surely' : 'by its mark';
  }

  /**
   * Whether a file holds exactly an answer about its picture that the results file has.
   *
   * @param besides the fingerprints of questions; what answers just these does not count.
   */
  async function isKnown(
    path: string,
    image: string,
    besides?: readonly string[],
  ): Promise<boolean> {
    if (!known) return false;
    let there: string | undefined;
    for (const entry of known.answersUnder(ledgerKey([image]))) {
      if (besides && entry.answersJust(besides)) continue;
      there ??= await textAt(path);
      if (there === undefined || there === '') return false;
      const text = await known.textOf(entry);
      if (text === undefined) continue;
      const forms = [text, asLines(text), asLines(prefix + marked(text) + suffix)];
      if (forms.includes(there)) return true;
    }
    return false;
  }

  async function textAt(path: string): Promise<string | undefined> {
    if (extension !== 'json') return contentOf(path);
    const record = await recordIn(path);
    return record && shownText(record);
  }

  async function beginningOf(path: string): Promise<string> {
    const file = await open(path).catch(() => undefined);
    if (!file) return '';
    try {
      const bytes = Buffer.alloc(Buffer.byteLength(prefix) + LOOKED_AT);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return bytes.toString('utf8', 0, bytesRead);
    } catch {
      return '';
    } finally {
      await file.close();
    }
  }
}

/** Whether a record has an answer to everything that is asked. */
function isAnswered(record: OkRecord | undefined, requests: readonly string[]): boolean {
  const there = record ? questionsOf(record) : [];
  return requests.every((request) => there.includes(request));
}

/** Every text of the emulator begins with this. */
const EMULATOR_MARK = '[offline]';
/** What no person writes after the mark: one line of measurements, or JSON. */
const MEASUREMENTS =
  /^[^\n]*\[offline\](?: [{[]| (?:Landscape|Portrait|Square) \p{L}+,|[^\n]*\d (?:pixels?|wide)\b)[^\n]*\n?$/u;
/** Answers to several styles, a line each, of which every one is the emulator's. */
const STYLE_LINES = /^(?:\p{L}[\p{L}\p{N}_-]*: \[offline\][^\n]*(?:\n|$))+/u;
/** In bytes; a longer file cannot be a caption, and is not compared. */
const MOST_COMPARED = 1 << 20;
/** How many bytes of a sidecar are looked at. */
const LOOKED_AT = 4096;

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** Whether a file holds a record of this program with an answer. */
async function isRecord(path: string): Promise<boolean> {
  return (await recordIn(path)) !== undefined;
}

/** The record of one picture that a file holds, if it has an answer. */
async function recordIn(path: string): Promise<OkRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const record = parseRecord(text);
  return record?.status === 'ok' && 'image' in record ? record : undefined;
}

/** The text of a file; undefined if it is not text, or not of the wanted size. */
async function contentOf(path: string, size?: number): Promise<string | undefined> {
  const there = await lstat(path).catch(() => undefined);
  if (!there?.isFile() || there.size > Math.max(MOST_COMPARED, size ?? 0)) return undefined;
  if (size !== undefined && there.size !== size) return undefined;
  return readFile(path, 'utf8').catch(() => undefined);
}

function asLines(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Records were written by this program. A text may be the user's own words, so it is kept. */
async function keepingFor(path: string): Promise<Keeping> {
  const there = await lstat(path).catch(() => undefined);
  if (!there) return 'none';
  if (await isPicture(path)) throw onPicture(path);
  const last = await lastAsideName(path);
  const isOurs = path.endsWith('.json') && (await isRecord(path)) && (await isRecord(last));
  return isOurs ? { replacing: last } : 'numbered';
}

function onPicture(path: string): GeminiImageError {
  return unwritable(path, 'it is a picture', undefined, OTHER_ENDING);
}

function withEnding(path: string, ending: string): string {
  return join(dirname(path), basename(path, extname(path)) + ending);
}

function besideOf({ kind, source }: ImageReference): string {
  if (kind === 'file') return notEmpty(source);
  throw kind === 'url'
    ? inputError('an address has no place for a sidecar', 'Name a folder with --sidecar-dir.')
    : onStdin(WORDS);
}

async function isPicture(path: string): Promise<boolean> {
  return startsLikePicture(path).catch(() => false);
}
