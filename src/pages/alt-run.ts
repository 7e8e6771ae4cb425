// `gemini-image alt`: asks for the alternative texts that pages lack, or judges those that they have.

import { dirname } from 'node:path';
import type { Brief } from '../domain/brief.js';
import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import { createLoadedPictures } from '../engine/loaded-pictures.js';
import type { Outcome } from '../engine/outcome.js';
import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { outputFormats, silent } from '../output/formats.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { Job, Pictures } from '../run/job.js';
import type { RunOptions } from '../run/options.js';
import { removeLeftOvers } from '../storage/temporary-file.js';
import { type PageAlt, readPageAlt } from '../tasks/alt/alt-brief.js';
import { verdictsIn } from '../tasks/alt/audit-brief.js';
import type { JudgedClaim } from '../tasks/check/verdict.js';
import type { Decorative } from './ask/decorative.js';
import { type FindQuestionsOptions, findQuestions } from './ask/find-questions.js';
import type { PageQuestion, Questions, Use } from './ask/uses.js';
import { type Change, type PageChange, planChanges } from './change/plan.js';
import { writePage } from './change/write-page.js';
import type { Page } from './page.js';
import type { ReadOptions } from './read/read-page.js';
import type { Status } from './status.js';

export interface AltOptions extends FindQuestionsOptions {
  /** What is asked. */
  readonly brief: Brief;
  readonly decorative: Decorative;
}

/** What came of one image. */
export interface Answered {
  readonly use: Use;
  readonly answer: PageAlt;
  /** In an audit, what was said of each claim. */
  readonly verdicts?: readonly JudgedClaim[] | undefined;
}

export interface AltResult {
  /** The exit code follows from it; claims are those of an audit. */
  readonly tally: Tally;
  readonly pages: readonly Page[];
  readonly answered: readonly Answered[];
  /** How many images have an answer that a person rejected. */
  readonly rejected: number;
  /** The statuses that were looked for. */
  readonly statuses: ReadonlySet<Status>;
  readonly failures: readonly ErrorKind[];
}

/** How a run is done: asked for real, or only counted. */
export type RunIt = (job: Job, options: RunOptions) => Promise<Tally>;

/** Finds the images of pages, and asks about them. */
export async function askAboutPages(
  options: AltOptions,
  run: RunOptions,
  runIt: RunIt,
  { tell, signals }: Pick<CommandContext, 'tell' | 'signals'>,
): Promise<AltResult> {
  const failures: ErrorKind[] = [];
  const found = await findQuestions({ ...options, signal: signals.stop }, (about, error) => {
    failures.push(error.kind);
    tell({ type: 'failed', error, about });
  });
  const { pages, questions, counts } = found;
  tell({ type: 'pagesChecked', ...counts, unread: failures.length });
  const answered: Answered[] = [];
  let rejected = 0;
  const take = async (picture: ImageReference, record: OkRecord | TogetherOkRecord) => {
    const { data, reviewed } = record;
    const question = questions.of(picture);
    const answer = readPageAlt(data);
    if (!question || !answer) return;
    if (reviewed === 'rejected') {
      rejected += question.uses.length;
      return;
    }
    const verdicts = options.isAudit ? verdictsIn(data) : undefined;
    for (const use of question.uses) answered.push({ use, answer, verdicts });
    // What the emulator says does not count for Gemini.
    if (!options.isAudit && answer.decorative && !run.ask.offline) {
      await options.decorative.add(question.reference.id, question.place);
    }
  };
  const { all } = questions;
  if (all.length === 0) {
    const tally = { produced: counts.found === 0 ? counts.pages : 0, failures: [] };
    return { tally, pages, answered, rejected, statuses: options.statuses, failures };
  }
  const tally = await runIt(jobAbout(all, questions, options, take), run);
  return { tally, pages, answered, rejected, statuses: options.statuses, failures };
}

function jobAbout(
  all: readonly PageQuestion[],
  questions: Questions,
  { brief, isAudit }: AltOptions,
  take: (picture: ImageReference, record: OkRecord | TogetherOkRecord) => Promise<void>,
): Job {
  return {
    brief,
    formats: { text: { create: () => silent }, jsonl: outputFormats.jsonl },
    keepsLedger: true,
    loaded: createLoadedPictures(),
    done: isAudit ? 'judged' : 'described',
    filesRead: [...new Set(all.flatMap(({ uses }) => uses.map(({ page }) => page.file.name)))],
    pictures: picturesOf(all),
    know: async (image) => {
      const question = questions.of(image);
      return question && { page: question.place };
    },
    async alongside({ record, ...outcome }: Outcome) {
      if (!('picture' in outcome) || !outcome.picture || record.status !== 'ok') return;
      await take(outcome.picture, record);
    },
    onDone: async (image, read) => take(image, await read()),
  };
}

/** The pictures of the questions; one comes as often as it has different places. */
function picturesOf(all: readonly PageQuestion[]): Pictures {
  async function* found(): AsyncGenerator<Found, void, void> {
    for (const { reference } of all) yield reference;
  }
  return {
    several: true,
    found: found(),
    passedOver: () => [],
    leftOut: () => ({ raws: 0, folders: new Map(), excluded: 0 }),
  };
}

/** The changes that the answers come to, page by page. */
export async function changesOf(
  { pages, answered }: Pick<AltResult, 'pages' | 'answered'>,
  options: ReadOptions,
): Promise<PageChange[]> {
  const byPage = new Map<Page, Change[]>();
  for (const { use, answer, verdicts } of answered) {
    if (verdicts && !verdicts.some(({ verdict }) => verdict === 'fails')) continue;
    const { image, page } = use;
    // Markdown cannot say that an image is decorative: an empty text stays as it is.
    const isEmpty = image.alt.kind !== 'text' || image.alt.text === '';
    if (answer.decorative && !image.tellsEmpty && isEmpty) continue;
    byPage.set(page, [...(byPage.get(page) ?? []), { image, alt: answer.alt }]);
  }
  const changes: PageChange[] = [];
  for (const page of pages) {
    const wanted = byPage.get(page);
    if (wanted) changes.push(await planChanges(page, wanted, options));
  }
  return changes;
}

/** Writes the changed pages. One that cannot be written does not stop the others. */
export async function writeChanges(
  changes: readonly PageChange[],
  { tell, signals }: Pick<CommandContext, 'tell' | 'signals'>,
): Promise<{ written: readonly PageChange[]; failures: readonly ErrorKind[] }> {
  const failures: ErrorKind[] = [];
  const swept = new Set<string>();
  const written: PageChange[] = [];
  for (const change of changes) {
    const { page, after } = change;
    if (signals.abort.aborted) break;
    const { name } = page.file;
    const folder = dirname(name);
    if (!swept.has(folder)) await removeLeftOvers(folder);
    swept.add(folder);
    try {
      await writePage(name, page.bytes, after);
      written.push(change);
    } catch (error) {
      if (!(error instanceof GeminiImageError)) throw error;
      failures.push(error.kind);
      tell({ type: 'failed', error, about: name });
    }
  }
  return { written, failures };
}
