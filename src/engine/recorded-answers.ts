import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import type { ImageReference } from '../images/find/reference.js';
import type { FileFacts } from '../images/identity/identify-file.js';
import { fileDigest, fileState } from '../images/open/file.js';
import {
  type FinishedEntry,
  type FinishedPicture,
  ledgerKey,
} from '../storage/ledger/index-of-finished.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Sameness } from './sameness.js';

/** A ledger that is gone on with or, without `read` and `append`, only looked at. */
export type KnownRecords = Pick<Ledger, 'answersTo' | 'hasAnswersTo' | 'findByHash'> &
  Partial<Pick<Ledger, 'read' | 'append'>>;

/** The answer that a ledger has to a question. */
export interface RecordedAnswer {
  /** Whether it is that of the same picture under another name, or with other metadata. */
  isCopied: boolean;
  /** The record for these pictures; absent where the ledger is only looked at. */
  read?: (() => Promise<OkRecord | TogetherOkRecord>) | undefined;
}

export interface RecordedAnswersOptions {
  ledger: KnownRecords;
  /** The fingerprint of what is asked now. */
  request: string;
  sameness: Sameness;
  signal?: AbortSignal | undefined;
}

/** How a file is the one that a record is about. */
type Match = 'unchanged' | 'rewritten' | undefined;

/**
 * Finds answers of earlier runs: any that is about the same picture, and not only the last one of its
 * name. A file that has neither changed its size nor its date is not opened. Where the picture has
 * another name now, or was rewritten with other metadata, its record is written anew for what it is now,
 * so that the next run knows it without reading it.
 */
export function recordedAnswers({ ledger, request, sameness, signal }: RecordedAnswersOptions) {
  const { read, append } = ledger;

  const matchOf = (
    { kind, source }: ImageReference,
    known: FinishedPicture | undefined,
    identify: (path: string) => Promise<FileFacts | undefined>,
  ): Promise<Match> | Match => {
    if (!known) return undefined;
    // What stands behind an address is taken to stay; what comes from standard input is not known.
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
    return identify(source).then((now) => {
      if (now?.sha256 === known.sha256) return 'unchanged';
      return now && now.pictureSha256 === known.pictureSha256 ? 'rewritten' : undefined;
    });
  };

  /** The answer under another name, written anew for this one. */
  const copyOf = (entry: FinishedEntry, image: string, now: FileFacts): RecordedAnswer => {
    if (!read) return { isCopied: true };
    let copied: Promise<OkRecord> | undefined;
    const copy = async () => {
      const record = copiedRecord(await read(entry), image, now);
      await append?.(record);
      return record;
    };
    return {
      isCopied: true,
      read: () => {
        copied ??= copy();
        return copied;
      },
    };
  };

  return async (images: readonly ImageReference[]): Promise<RecordedAnswer | undefined> => {
    const facts = new Map<string, Promise<FileFacts | undefined>>();
    const identify = (path: string) => {
      const found = facts.get(path) ?? identifyFile(path, signal);
      facts.set(path, found);
      return found;
    };
    const [image, ...others] = images;
    for (const entry of ledger.answersTo(ledgerKey(images.map(({ id }) => id)), request)) {
      let all: Match = 'unchanged';
      for (const [at, image] of images.entries()) {
        const matching = matchOf(image, entry.pictures[at], identify);
        // Most are known at once, and waiting for a hundred thousand of them takes its time.
        const match = matching instanceof Promise ? await matching : matching;
        if (match !== 'unchanged') all = all && match;
      }
      if (all === undefined) continue;
      const now =
        image && others.length === 0 && all === 'rewritten' && (await identify(image.source));
      if (now) return copyOf(entry, image.id, now);
      return { isCopied: all === 'rewritten', read: read && (() => read(entry)) };
    }
    if (!image || others.length > 0 || !sameness.underAnyName) return undefined;
    if (image.kind !== 'file' || !ledger.hasAnswersTo(request) || !fileState(image.source)) {
      return undefined;
    }
    const now = await identify(image.source);
    if (!now) return undefined;
    const entry =
      (sameness.hash === 'pictureSha256' && now.pictureSha256 !== undefined
        ? ledger.findByHash('pictureSha256', now.pictureSha256, request)
        : undefined) ?? ledger.findByHash('sha256', now.sha256, request);
    return entry && copyOf(entry, image.id, now);
  };
}

/** Loaded only where a picture is not known by its name, size and date. */
async function identifyFile(
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileFacts | undefined> {
  const { identifyFile } = await import('../images/identity/identify-file.js');
  return identifyFile(path, signal);
}

/** The same answer about the same picture, which nobody was asked for again. */
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
