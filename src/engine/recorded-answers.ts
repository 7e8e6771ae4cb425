import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import { type ImageReference, pageMark } from '../images/find/reference.js';
import type { FileFacts } from '../images/identity/identify-file.js';
import { fileDigest, fileState } from '../images/open/file.js';
import {
  type FinishedEntry,
  type FinishedPicture,
  ledgerKey,
} from '../storage/ledger/index-of-finished.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Sameness } from './sameness.js';

/** An answer that a ledger already has. */
export interface RecordedAnswer {
  entry: FinishedEntry;
  /**
   * Set if the picture has another name now, or was rewritten with other metadata: the name and
   * facts to record the answer under, so that the next run finds it without reading the file.
   */
  copyFor?: { image: string; facts: FileFacts };
  /** Whether it was recorded under another name, or with other metadata. */
  isCopied: boolean;
}

export interface RecordedAnswersOptions {
  ledger: Pick<Ledger, 'answersTo' | 'hasAnswersTo' | 'findByHash'>;
  /** The fingerprint of the current question. */
  request: string;
  /** The fingerprint of the question about these pictures, if it depends on them. */
  requestAbout?: ((images: readonly ImageReference[]) => Promise<string>) | undefined;
  sameness: Sameness;
  /** Whether one question is about all pictures, each with its name. */
  together: boolean;
  signal?: AbortSignal | undefined;
}

/** How a file matches the one of a record. */
type Match = 'unchanged' | 'rewritten' | undefined;

/**
 * Finds answers of earlier runs among all records of the same picture, not only the last one of its
 * name. A file whose size and date are unchanged is not opened. Nothing is written.
 */
export function recordedAnswers(options: RecordedAnswersOptions) {
  const { ledger, requestAbout, sameness, together, signal } = options;

  const matchOf = (
    image: ImageReference,
    known: FinishedPicture | undefined,
    identify: (image: ImageReference) => Promise<FileFacts | undefined>,
  ): Promise<Match> | Match => {
    if (!known) return undefined;
    const { kind, source } = image;
    // A web address is assumed to keep its picture; for standard input nothing is known.
    if (kind !== 'file') return kind === 'url' ? 'unchanged' : undefined;
    const state = fileState(source);
    if (!state) return undefined;
    const isSameSize = known.size === undefined || state.size === known.size;
    if (isSameSize && state.mtimeMs === known.mtimeMs) return 'unchanged';
    if (sameness.hash === 'sha256' || known.pictureSha256 === undefined) {
      if (!isSameSize) return undefined;
      return fileDigest(source, signal).then((digest) =>
        digest === known.sha256 ? 'unchanged' : undefined,
      );
    }
    return identify(image).then((now) => {
      if (now?.sha256 === known.sha256) return 'unchanged';
      return now && now.pictureSha256 === known.pictureSha256 ? 'rewritten' : undefined;
    });
  };

  return async (images: readonly ImageReference[]): Promise<RecordedAnswer | undefined> => {
    const facts = new Map<string, Promise<FileFacts | undefined>>();
    const identify = (image: ImageReference) => {
      const name = image.source + pageMark(image);
      const found = facts.get(name) ?? identifyFile(image, signal);
      facts.set(name, found);
      return found;
    };
    /** The answer under another name, or for an earlier state of the file. */
    const copyOf = async (entry: FinishedEntry, image: ImageReference): Promise<RecordedAnswer> => {
      const now = await identify(image);
      return { entry, isCopied: true, ...(now && { copyFor: { image: image.id, facts: now } }) };
    };
    const [image] = images;
    const request = requestAbout ? await requestAbout(images) : options.request;
    for (const entry of ledger.answersTo(ledgerKey(images.map(({ id }) => id)), request)) {
      let all: Match = 'unchanged';
      for (const [at, image] of images.entries()) {
        const matching = matchOf(image, entry.pictures[at], identify);
        // Most results are known at once, and awaiting a hundred thousand of them takes time.
        const match = matching instanceof Promise ? await matching : matching;
        if (match !== 'unchanged') all = all && match;
      }
      if (all === undefined) continue;
      if (all === 'unchanged' || together || !image)
        return { entry, isCopied: all === 'rewritten' };
      return copyOf(entry, image);
    }
    // A question about all pictures includes their names, so no other name can match.
    if (!image || together || !sameness.underAnyName) return undefined;
    if (image.kind !== 'file' || !ledger.hasAnswersTo(request) || !fileState(image.source)) {
      return undefined;
    }
    const now = await identify(image);
    if (!now) return undefined;
    const byIdentity =
      sameness.hash === 'pictureSha256' && now.pictureSha256 !== undefined
        ? ledger.findByHash('pictureSha256', now.pictureSha256, request)
        : undefined;
    // All pages of a file share its hash; the first one stands for the file.
    const isFirst = (image.page ?? 1) === 1;
    const entry =
      byIdentity ?? (isFirst ? ledger.findByHash('sha256', now.sha256, request) : undefined);
    return entry && copyOf(entry, image);
  };
}

/**
 * Reads the whole record of an answer. If it has to be recorded again for its picture, that is
 * done.
 *
 * @throws GeminiImageError of kind `usage` if the ledger cannot be read or written.
 */
export async function readAnswer(
  { entry, copyFor }: RecordedAnswer,
  ledger: Pick<Ledger, 'read' | 'append'>,
): Promise<OkRecord | TogetherOkRecord> {
  const record = await ledger.read(entry);
  if (!copyFor) return record;
  const copied = copiedRecord(record, copyFor.image, copyFor.facts);
  await ledger.append(copied);
  return copied;
}

/** Loaded only if a picture is not known by its name, size and date. */
async function identifyFile(
  image: ImageReference,
  signal: AbortSignal | undefined,
): Promise<FileFacts | undefined> {
  const { identifyFile } = await import('../images/identity/identify-file.js');
  return identifyFile(image, signal);
}

/** A record with the same answer about the same picture, without a new call. */
function copiedRecord(
  record: OkRecord | TogetherOkRecord,
  image: string,
  now: FileFacts,
): OkRecord {
  if (!('image' in record)) throw new Error('a record of several pictures stands for one');
  const { image: _, status, usage: __, cached: ___, mtime: ____, ...facts } = record;
  return {
    image,
    status,
    ...facts,
    ...now,
    costUsd: 0,
    copiedFrom: record.copiedFrom ?? record.image,
    durationMs: 0,
  };
}
