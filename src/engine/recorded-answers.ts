import { type ImageReference, pageMark } from '../images/find/reference.js';
import type { FileFacts } from '../images/identity/identify-file.js';
import type { NamedBytes } from '../images/load.js';
import { fileDigest, fileState } from '../images/open/file.js';
import type { FinishedEntry } from '../storage/ledger/finished-entries.js';
import type { FinishedPicture } from '../storage/ledger/finished-pictures.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { ledgerKey } from '../storage/ledger/ledger-key.js';
import type { Task } from './engine-task.js';
import { requestsOf } from './fingerprint.js';
import { informed } from './known.js';
import { type Sameness, samenessOf } from './sameness.js';

/** An answer that a ledger already has. */
export interface RecordedAnswer {
  /** Where it is; of several styles, where the answer to each is. */
  entries: readonly FoundEntry[];
  /** Whether one record has these answers and no others. */
  readonly isWhole: boolean;
  /**
   * Set if the picture has another name now, or was rewritten with other metadata: the name and
   * facts to record the answer under, so that the next run finds it without reading the file.
   */
  copyFor?: { image: string; facts: FileFacts };
  /** Whether it was recorded under another name, or with other metadata. */
  isCopied: boolean;
}

/** What the ledger has of several styles if some have no answer. */
export interface PartlyRecorded {
  /** At least one. */
  partly: readonly FoundEntry[];
}

export interface FoundEntry extends Pick<Wanted, 'style' | 'request'> {
  entry: FinishedEntry;
}

/** A question by which answers are looked up: one that is asked alone, or one of several styles. */
export interface Wanted {
  /** Absent if it is no style. */
  style: string | undefined;
  request: string;
  /** The fingerprint of the question about these pictures, if it depends on them. */
  requestAbout?: ((images: readonly ImageReference[]) => Promise<string>) | undefined;
  sameness: Sameness;
}

/** The questions of a task, by which its answers are looked up. */
export function wantedOf(task: Task, together: boolean): readonly Wanted[] {
  const { request, requests = {} } = requestsOf(task, together);
  const { several, asked } = task.brief;
  if (!several) return [{ style: asked?.style, request, sameness: samenessOf(task) }];
  return [...several.briefs].map(([style, brief]) => ({
    style,
    request: requests[style] ?? '',
    sameness: samenessOf({ ...task, brief }),
  }));
}

/** The same for questions that tell what is known about their pictures. */
export function informedWanted(task: Task, joint: boolean) {
  return async (images: readonly ImageReference[]): Promise<readonly Wanted[]> => {
    const { task: told } = await informed(task, images, joint);
    return wantedOf(told, joint);
  };
}

export interface RecordedAnswersOptions {
  ledger: Pick<Ledger, 'newestAnswerTo' | 'answersTo' | 'hasAnswersTo' | 'findByHash'>;
  /** The current question; of several styles, each of them. */
  wanted: readonly Wanted[];
  /** The same about these pictures, if it depends on them. */
  wantedAbout?: ((images: readonly ImageReference[]) => Promise<readonly Wanted[]>) | undefined;
  /** Whether one question is about all pictures, each with its name. */
  together: boolean;
  /** Whether an answer that a person has rejected counts as none. */
  passesRejected?: boolean | undefined;
  /** Whether pictures are looked up as soon as they are found, so that what was seen then still holds. */
  justFound?: boolean;
  signal?: AbortSignal | undefined;
}

type Picture = ImageReference | NamedBytes;

/** How a picture matches the one of a record. */
type Match = 'unchanged' | 'rewritten' | undefined;

/** The answer to one question. */
interface FoundOne extends Pick<RecordedAnswer, 'copyFor' | 'isCopied'> {
  entry: FinishedEntry;
}

/** What is found out about the pictures of one question, at most once. */
interface Looked {
  identify(image: Picture): Promise<FileFacts | undefined>;
  /** How the pictures match those of an entry, by where its line is. */
  matches: Map<number, Match>;
}

/**
 * Finds answers of earlier runs among all records of the same picture, not only the last one of its
 * name. A file whose size and date are unchanged is not opened. Nothing is written.
 *
 * @returns the answer, or answers to some of the styles; undefined if there is none.
 */
export function recordedAnswers(options: RecordedAnswersOptions) {
  const { ledger, wantedAbout, together, justFound = false, signal } = options;

  const matchIdentity = (
    known: FinishedPicture,
    now: FileFacts | undefined,
    { hash }: Sameness,
  ): Match => {
    if (!now) return undefined;
    if (known.has('sha256', now.sha256)) return 'unchanged';
    if (hash === 'sha256' || !known.isIdentified || now.pictureSha256 === undefined)
      return undefined;
    return known.has('pictureSha256', now.pictureSha256) ? 'rewritten' : undefined;
  };

  const matchOf = (
    image: Picture,
    known: FinishedPicture | undefined,
    sameness: Sameness,
    identify: Looked['identify'],
  ): Promise<Match> | Match => {
    if (!known) return undefined;
    const byIdentity = () => identify(image).then((now) => matchIdentity(known, now, sameness));
    if ('bytes' in image) return byIdentity();
    const { kind, source } = image;
    // A web address is assumed to keep its picture; for standard input nothing is known.
    // The name of a picture that stands in a page is made of its bytes.
    if (kind !== 'file') return kind === 'stdin' ? undefined : 'unchanged';
    const state = fileState(source);
    if (!state) return undefined;
    const isSameSize = known.size === undefined || state.size === known.size;
    if (isSameSize && state.mtimeMs === known.mtimeMs) return 'unchanged';
    if (sameness.hash === 'sha256' || !known.isIdentified) {
      if (!isSameSize) return undefined;
      return fileDigest(source, signal).then((digest) =>
        digest !== undefined && known.has('sha256', digest) ? 'unchanged' : undefined,
      );
    }
    return byIdentity();
  };

  /** How all pictures match those of an entry. */
  const matchOfAll = async (
    images: readonly Picture[],
    entry: FinishedEntry,
    { sameness }: Wanted,
    { identify, matches }: Looked,
  ): Promise<Match> => {
    if (matches.has(entry.at)) return matches.get(entry.at);
    let all: Match = 'unchanged';
    for (const [at, image] of images.entries()) {
      const matching = matchOf(image, entry.pictures[at], sameness, identify);
      // Most results are known at once, and awaiting a hundred thousand of them takes time.
      const match = matching instanceof Promise ? await matching : matching;
      if (match !== 'unchanged') all = all && match;
    }
    matches.set(entry.at, all);
    return all;
  };

  /** The answer to one question. */
  const findOne = async (
    images: readonly Picture[],
    question: Wanted,
    looked: Looked,
  ): Promise<FoundOne | undefined> => {
    const { request, sameness } = question;
    const { identify } = looked;
    /** The answer under another name, or for an earlier state of the file. */
    const copyOf = async (entry: FinishedEntry, image: Picture): Promise<FoundOne> => {
      const now = await identify(image);
      return { entry, isCopied: true, ...(now && { copyFor: { image: image.id, facts: now } }) };
    };
    const [image] = images;
    for (const entry of ledger.answersTo(ledgerKey(images.map(({ id }) => id)), request)) {
      const all = await matchOfAll(images, entry, question, looked);
      if (all === undefined) continue;
      if (entry.isRejected && options.passesRejected) return undefined;
      if (all === 'unchanged' || together || !image)
        return { entry, isCopied: all === 'rewritten' };
      return copyOf(entry, image);
    }
    // A question about all pictures includes their names, so no other name can match.
    if (!image || together || !sameness.underAnyName) return undefined;
    if (!ledger.hasAnswersTo(request)) return undefined;
    const isReference = !('bytes' in image);
    if (isReference && (image.kind !== 'file' || !fileState(image.source))) return undefined;
    const now = await identify(image);
    if (!now) return undefined;
    const byIdentity =
      sameness.hash === 'pictureSha256' && now.pictureSha256 !== undefined
        ? ledger.findByHash('pictureSha256', now.pictureSha256, request)
        : undefined;
    // All pages of a file share its hash; the first one stands for the file.
    const isFirst = !isReference || (image.page ?? 1) === 1;
    const entry =
      byIdentity ?? (isFirst ? ledger.findByHash('sha256', now.sha256, request) : undefined);
    return entry && copyOf(entry, image);
  };

  /** All answers to a picture that has changed neither its name nor its size and date. */
  const answerAtOnce = (image: ImageReference): RecordedAnswer | undefined => {
    if (image.kind !== 'file' && image.kind !== 'url') return undefined;
    const key = ledgerKey([image.id]);
    const entries: FoundEntry[] = [];
    for (const { style, request } of options.wanted) {
      const entry = ledger.newestAnswerTo(key, request);
      if (!entry || (options.passesRejected && entry.isRejected)) return undefined;
      entries.push({ style, request, entry });
    }
    if (image.kind === 'file') {
      // Only now, because a picture that has no answer need not be looked at.
      const state = (justFound ? image.seen : undefined) ?? fileState(image.source);
      if (!state || !entries.every(({ entry }) => entry.isUnchanged(state))) return undefined;
    }
    return new AnswerAtOnce(entries);
  };

  const lookUp = async (
    images: readonly Picture[],
  ): Promise<RecordedAnswer | PartlyRecorded | undefined> => {
    const facts = new Map<string | NamedBytes, Promise<FileFacts | undefined>>();
    const looked: Looked = {
      identify(image) {
        const key = 'bytes' in image ? image : image.source + pageMark(image);
        const found = facts.get(key) ?? identified(image, signal);
        facts.set(key, found);
        return found;
      },
      matches: new Map(),
    };
    const entries: FoundEntry[] = [];
    const found: FoundOne[] = [];
    // Bytes tell nothing about themselves that a question could depend on.
    const named = images.filter((image): image is ImageReference => !('bytes' in image));
    const wanted = wantedAbout ? await wantedAbout(named) : options.wanted;
    for (const question of wanted) {
      const one = await findOne(images, question, looked);
      if (!one) continue;
      const { style, request } = question;
      entries.push({ style, request, entry: one.entry });
      found.push(one);
    }
    const [first] = entries;
    if (!first) return undefined;
    if (entries.length < wanted.length) return { partly: entries };
    const copyFor = found.find((one) => one.copyFor)?.copyFor;
    const isCopied = found.some((one) => one.isCopied);
    return { entries, isWhole: isOneRecord(entries), isCopied, ...(copyFor && { copyFor }) };
  };

  /** Whether no picture at all has an answer to any of the questions, as in most first runs. */
  const isNew = () =>
    !wantedAbout && options.wanted.every(({ request }) => !ledger.hasAnswersTo(request));

  return (images: readonly Picture[]) => {
    if (isNew()) return undefined;
    const [image] = images;
    const isPlain =
      images.length === 1 && image && !('bytes' in image) && !together && !wantedAbout;
    // Most pictures of most runs are known so; a promise for each of a million takes time.
    return (isPlain && answerAtOnce(image)) || lookUp(images);
  };
}

/** An answer that stands as it is. Hardly anybody asks whether it is one record: that is told on demand. */
class AnswerAtOnce implements RecordedAnswer {
  readonly entries: readonly FoundEntry[];
  readonly isCopied = false;

  constructor(entries: readonly FoundEntry[]) {
    this.entries = entries;
  }

  get isWhole(): boolean {
    return isOneRecord(this.entries);
  }
}

/** Whether one record has these answers and no others. */
function isOneRecord(entries: readonly FoundEntry[]): boolean {
  const [first] = entries;
  if (!first || entries.some(({ entry }) => entry.at !== first.entry.at)) return false;
  return first.entry.answersJust(entries.map(({ request }) => request));
}

/** Loaded only if a picture is not known by its name, size and date. */
async function identified(
  image: Picture,
  signal: AbortSignal | undefined,
): Promise<FileFacts | undefined> {
  const { identifyBytes, identifyFile } = await import('../images/identity/identify-file.js');
  return 'bytes' in image ? identifyBytes(image.bytes) : identifyFile(image, signal);
}
