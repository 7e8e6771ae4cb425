import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import { fileDigest, fileState } from '../images/file-state.js';
import type { ImageReference } from '../images/find/reference.js';
import { type FinishedPicture, ledgerKey } from '../storage/ledger/finished-index.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Sidecars } from './sidecars.js';

/** What earlier runs have finished. */
export interface Finished {
  /**
   * Whether there is something already for a question about these pictures; undefined where not.
   *
   * @throws GeminiImageError where a picture can have no sidecar.
   */
  earlier(images: readonly ImageReference[]): Promise<Before | undefined>;
}

/** The answer, or a file in its place of which nobody knows what it is. */
export type Before = { isAnswered: true } | { isAnswered: false; place: string };

type DoneRecord = OkRecord | TogetherOkRecord;

export interface FinishedOptions {
  /**
   * The results of earlier runs, where there may be some. A sidecar that is missing is written anew
   * from what can be read there.
   */
  ledger?: (Pick<Ledger, 'find'> & Partial<Pick<Ledger, 'read'>>) | undefined;
  sidecars?: Sidecars | undefined;
  /** Told of each picture that is done, with a way to read its record. */
  onDone?: ((image: ImageReference, read: () => Promise<DoneRecord>) => Promise<void>) | undefined;
  /** The fingerprint of what is asked now. */
  request: string;
  signal?: AbortSignal | undefined;
}

/** Tells by the ledger and the sidecars what is finished. */
export function finishedBy({
  ledger,
  sidecars,
  onDone,
  request,
  signal,
}: FinishedOptions): Finished {
  return {
    async earlier(images) {
      const [image] = images;
      const place = image && sidecars?.placeFor(image);
      const there = (place !== undefined && (await sidecars?.whatIsAt(place))) || 'nothing';
      if (there === 'answer') return { isAnswered: true };
      const isTaken = there === 'file';
      const unknown =
        isTaken && place !== undefined ? { isAnswered: false as const, place } : undefined;
      const entry = ledger?.find(ledgerKey(images.map(({ name }) => name)));
      if (entry?.request !== request) return unknown;
      for (const [at, image] of images.entries()) {
        const same = isUnchanged(image, entry.pictures[at], signal);
        // Most are known at once, and waiting for a hundred thousand of them takes its time.
        if (same !== true && !(await same)) return unknown;
      }
      if (place !== undefined && !isTaken && ledger?.read) {
        await sidecars?.admit(place);
        await sidecars?.write(place, await ledger.read(entry));
      }
      const read = ledger?.read;
      if (onDone && image && read) await onDone(image, () => read(entry));
      return { isAnswered: true };
    },
  };
}

/** What stands behind an address is taken to stay; what comes from standard input is not known. */
function isUnchanged(
  { kind, name }: ImageReference,
  known: FinishedPicture | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> | boolean {
  if (!known) return false;
  if (kind !== 'file') return kind === 'url';
  const state = fileState(name);
  if (!state || (known.size !== undefined && state.size !== known.size)) return false;
  if (state.mtimeMs === known.mtimeMs) return true;
  return fileDigest(name, signal).then((digest) => digest === known.sha256);
}
