import type { JobsOnTheirWay } from '../../domain/events.js';
import type { Sameness } from '../../engine/sameness.js';
import type { ImageReference } from '../../images/find/reference.js';
import { fileState } from '../../images/open/file.js';
import type { FinishedPicture } from '../../storage/ledger/finished-pictures.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { CommandContext } from '../context.js';
import { type Journal, openJournal, readJournal } from './journal.js';
import type { OpenJob } from './journal-entries.js';
import type { OpenJobs } from './journal-state.js';

/** The batch jobs of a results file, as a run needs them. */
export interface JobsBeside {
  open: OpenJobs;
  /** Set if this run submits and collects. */
  journal: Journal | undefined;
  close(): Promise<void>;
}

/**
 * The batch jobs of a results file.
 *
 * @param isBatchRun whether this run submits and collects; otherwise nothing is changed.
 * @throws GeminiImageError of kind `usage`.
 */
export async function openJobsBeside(
  ledger: string,
  isBatchRun: boolean,
  { tell }: Pick<CommandContext, 'tell'>,
): Promise<JobsBeside | undefined> {
  if (isBatchRun) {
    const journal = await openJournal(ledger, tell);
    return { open: journal, journal, close: () => journal.close() };
  }
  const open = await readJournal(ledger);
  return open && { open, journal: undefined, close: async () => {} };
}

/** Makes the test whether a question is on its way, about the pictures as they are now. */
export function onItsWayIn(
  { open }: Pick<JobsBeside, 'open'>,
  request: string,
  sameness: Sameness,
  signal: AbortSignal,
) {
  return async (images: readonly ImageReference[]): Promise<boolean> => {
    const sent = open.onItsWay(ledgerKey(images.map(({ id }) => id)), request);
    if (!sent) return false;
    for (const [at, image] of images.entries()) {
      const picture = sent[at];
      if (!picture || !(await isAsSent(image, picture, sameness, signal))) return false;
    }
    return true;
  };
}

async function isAsSent(
  image: ImageReference,
  sent: FinishedPicture,
  { hash }: Sameness,
  signal: AbortSignal,
): Promise<boolean> {
  if (image.kind !== 'file') return true;
  const state = fileState(image.source);
  // Whoever loads a file that is gone says so; its answer is on its way all the same.
  if (!state || (state.size === sent.size && state.mtimeMs === sent.mtimeMs)) return true;
  const { identifyFile } = await import('../../images/identity/identify-file.js');
  const now = await identifyFile(image, signal);
  if (!now) return true;
  if (sent.has('sha256', now.sha256)) return true;
  const { pictureSha256 } = now;
  return hash === 'pictureSha256' && pictureSha256 !== undefined && sent.has(hash, pictureSha256);
}

const STAGES: Readonly<Record<OpenJob['stage'], string>> = {
  prepared: 'prepared',
  creating: 'perhaps created',
  queued: 'waiting for room',
  created: 'pending',
};

/**
 * The jobs that are on their way, in numbers; undefined if there are none.
 *
 * @param states how jobs looked the last time, by their names.
 */
export function jobsInNumbers(
  jobs: readonly OpenJob[],
  states: ReadonlyMap<string, string> = new Map(),
): JobsOnTheirWay | undefined {
  if (jobs.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const { name = '', stage } of jobs) {
    const state = states.get(name) ?? STAGES[stage];
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return {
    states: counts,
    questions: jobs.reduce((sum, { count }) => sum + count, 0),
    since: Math.min(...jobs.map(({ at }) => Date.parse(at))),
  };
}
