import { type GeminiImageError, usageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import {
  type ErrorRecord,
  errorRecord,
  type FailedRecord,
  type OkRecord,
} from '../domain/record.js';
import { createLoadedPictures } from '../engine/loaded-pictures.js';
import { withoutGrace } from '../network/stop-signals.js';
import { type Answered, changesOf, writeChanges } from '../pages/alt-run.js';
import { openDecorative } from '../pages/ask/decorative.js';
import { type FoundQuestions, findQuestions } from '../pages/ask/find-questions.js';
import type { Use } from '../pages/ask/uses.js';
import type { PageChange } from '../pages/change/plan.js';
import { checkPages, factsOf } from '../pages/check-run.js';
import type { ReportFormat } from '../pages/report/finding.js';
import { STATUSES, type Status } from '../pages/status.js';
import { altBrief, readPageAlt } from '../tasks/alt/alt-brief.js';
import { auditBrief, verdictsIn } from '../tasks/alt/audit-brief.js';
import type { JudgedClaim } from '../tasks/check/verdict.js';
import type { Calls } from './calls.js';
import { askedAbout } from './describe-many.js';
import { inOptions, thrownInOptions } from './option-words.js';
import type { AltTextOptions } from './options.js';

/** The state of an alternative text, as docs/alt-text.md explains it. */
export type AltStatus = Status;

/** An image of a page, and what came of it. */
export interface AltText {
  /** The file, as it was named or found. */
  page: string;
  /** From 1; columns are UTF-16 units. */
  line: number;
  column: number;
  /** How it is written, such as `<img>`. */
  form: string;
  /** Its address, if it has one. */
  image?: string;
  status: AltStatus;
  /** The alternative text in the page, if there is one. */
  before?: string;
  /** The answer; empty if the image is decorative. In an audit, the text that should stand there. */
  alt?: string;
  decorative?: boolean;
  /** What there is more to tell than the text has room for. */
  description?: string;
  /** Of an audit. */
  verdicts?: readonly JudgedClaim[];
  /** The record of the answer, or of the failure. */
  record?: OkRecord | FailedRecord;
  /** Why there is no answer. */
  error?: ErrorRecord;
}

/** A page that changes. */
export interface AltPage {
  page: string;
  /** A unified diff, which `git apply` takes. */
  diff: string;
  /** How many texts change, and how many cannot be changed alone. */
  changed: number;
  left: number;
  written: boolean;
  /** Why it could not be written. */
  error?: ErrorRecord;
}

/** What `altText` gives. */
export interface AltTexts {
  images: AltText[];
  /** The pages that change; with `check`, none. */
  pages: AltPage[];
  /** Files that could not be read as pages. */
  unread: { page: string; error: ErrorRecord }[];
}

/** Looks at the alternative texts of pages, without a client. See `altText`. */
export async function checkedTexts(
  names: readonly string[],
  options: AltTextOptions,
): Promise<AltTexts> {
  const found: AltTexts = { images: [], pages: [], unread: [] };
  const report: ReportFormat = {
    page({ findings }) {
      for (const { file, line, column, form, image, alt, rule } of findings) {
        if (rule === 'fails' || rule === 'unclear') continue;
        const more = {
          ...(image !== undefined && { image }),
          ...(alt !== undefined && { before: alt }),
        };
        found.images.push({ page: file, line, column, form, status: rule, ...more });
      }
      return '';
    },
    unread({ file, error }) {
      found.unread.push({ page: file, error: told(error) });
      return '';
    },
    end: () => '',
  };
  const checking = {
    ...finding(names, options),
    memory: () => openDecorative(options.cache, options.ledger),
  };
  const { signals, signal } = signalsOf(options);
  const stdout = { isTerminal: false, write: async () => undefined };
  const { ended } = await checkPages(checking, report, { stdout, tell: () => undefined, signals });
  if (ended !== undefined) signal.throwIfAborted();
  return found;
}

/** Asks about the alternative texts of pages. See `GeminiImage.altText`. */
export async function altTexts(
  calls: Calls,
  names: readonly string[],
  options: AltTextOptions,
): Promise<AltTexts> {
  const { audit: isAudit = false, write = false, ledger } = options;
  const { cache = calls.client.cache } = options;
  if (options.check) return checkedTexts(names, { ...options, cache });
  const { signals } = signalsOf(options);
  const unread: AltTexts['unread'] = [];
  const errors = new Map<Use, ErrorRecord>();
  const asking = { ...finding(names, options), isAudit, signal: signals.stop };
  const found = await findQuestions(asking, (about, error, use) => {
    if (use) errors.set(use, told(error));
    else unread.push({ page: about, error: told(error) });
  }).catch(thrownInOptions);
  const decorative = await openDecorative(cache, ledger);
  const records = new Map<Use, OkRecord | FailedRecord>();
  const answered: Answered[] = [];
  let ended: { error: unknown } | undefined;
  try {
    for await (const record of asked(calls, found, { ...options, cache })) {
      if (!('image' in record)) continue;
      const place = record.known?.page;
      const question = place && found.questions.at(record.image, place);
      for (const use of question?.uses ?? []) records.set(use, record);
      if (!question || record.status === 'failed' || record.reviewed === 'rejected') continue;
      const answer = readPageAlt(record.data);
      if (!answer) continue;
      const verdicts = isAudit ? verdictsIn(record.data) : undefined;
      for (const use of question.uses) answered.push({ use, answer, verdicts });
      if (!isAudit && answer.decorative) {
        await decorative.add(question.reference.id, question.place);
      }
    }
  } catch (error) {
    // What was answered until then is written nevertheless.
    ended = { error };
  }
  const changes = await changesOf({ pages: found.pages, answered }, asking);
  const made = changes.filter(({ made: count }) => count > 0);
  const unwritten = new Map<string, ErrorRecord>();
  const tell: Tell = (event) => {
    if (event.type === 'failed') unwritten.set(event.about ?? '', told(event.error));
  };
  const written = write ? (await writeChanges(made, { tell, signals })).written : [];
  if (ended) throw ended.error;
  return {
    images: found.uses.map((use) => imageOf(use, records.get(use), errors.get(use))),
    pages: changes.map((change) => pageOf(change, written.includes(change), unwritten)),
    unread,
  };

  function pageOf(
    change: PageChange,
    isWritten: boolean,
    failed: ReadonlyMap<string, ErrorRecord>,
  ): AltPage {
    const { page, diff, made: changed, left } = change;
    const error = failed.get(page.file.name);
    return {
      ...{ page: page.file.name, diff, changed, left: left.length, written: isWritten },
      ...(error && { error }),
    };
  }
}

function asked(calls: Calls, { questions }: FoundQuestions, options: AltTextOptions) {
  const { audit = false, lang } = options;
  async function* records() {
    const brief = audit ? auditBrief({ lang }) : altBrief({ lang });
    const task = { ...(await calls.taskOf(brief, options)), loaded: createLoadedPictures() };
    const know: NonNullable<typeof task.know> = async (image) => {
      const question = 'kind' in image ? questions.of(image) : undefined;
      return question && { page: question.place };
    };
    const wanted = { task, knowFrom: () => know, finish: async (data: unknown) => data };
    const references = questions.all.map(({ reference }) => reference);
    yield* askedAbout(calls, references.values(), wanted, options);
  }
  return records();
}

function imageOf(
  { page, image, line, column, status }: Use,
  record: OkRecord | FailedRecord | undefined,
  unread: ErrorRecord | undefined,
): AltText {
  const { form, image: address, alt } = factsOf(image);
  const error = record?.status === 'failed' ? record.error : unread;
  const answer = record?.status === 'ok' ? readPageAlt(record.data) : undefined;
  const verdicts = record?.status === 'ok' ? verdictsIn(record.data) : [];
  return {
    ...{ page: page.file.name, line, column, form, status },
    ...(address !== undefined && { image: address }),
    ...(alt !== undefined && { before: alt }),
    ...answer,
    ...(verdicts.length > 0 && { verdicts }),
    ...(record && { record }),
    ...(error && { error }),
  };
}

/** The options that decide which images are found. */
function finding(names: readonly string[], options: AltTextOptions) {
  const { exclude, ignoreFile, includeAll, wiki = false, frontMatter = false } = options;
  const { root, siteBase: baseurl, allowOutside } = options;
  return {
    ...{ names, exclude, ignoreFile, includeAll, wiki, frontMatter, root, baseurl, allowOutside },
    statuses: statusesIn(options),
  };
}

function statusesIn({ only, empty = false, audit = false }: AltTextOptions): ReadonlySet<Status> {
  if (only) return new Set(only);
  if (audit) return new Set(STATUSES);
  return new Set(['missing', 'placeholder', ...(empty ? (['empty'] as const) : [])]);
}

function signalsOf({ signal = new AbortController().signal }: AltTextOptions) {
  return { signal, signals: withoutGrace(signal) };
}

/** The words of an error for programs. */
function told(error: GeminiImageError): ErrorRecord {
  const { message, hint } = error;
  const words = {
    message: inOptions(message),
    ...(hint !== undefined && { hint: inOptions(hint) }),
  };
  return { ...errorRecord(error), ...words };
}

/** @throws GeminiImageError of kind `usage` if they are no names. */
export function pageNames(files: unknown): readonly string[] {
  const names: unknown[] = [files].flat();
  const isText = (name: unknown): name is string => typeof name === 'string' && name !== '';
  if (names.length > 0 && names.every(isText)) return names;
  throw usageError('altText takes a file, a folder or a glob, or a list of those');
}
