import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { Decorative } from './ask/decorative.js';
import { placeOfImage } from './ask/uses.js';
import { type FindPagesOptions, findPages } from './find/find-pages.js';
import { readIgnoreFile } from './find/gitignore.js';
import { type Page, pageOf, placesIn, readText } from './page.js';
import type { PageImage } from './page-image.js';
import { type PictureOptions, whereIs } from './pictures/where.js';
import { plainImages } from './read/markdown/plain-images.js';
import type { ReadOptions } from './read/read-page.js';
import { type Finding, type ReportFormat, sentenceFor, type Unread } from './report/finding.js';
import { type Status, statusOf } from './status.js';

export interface CheckPagesOptions extends FindPagesOptions, ReadOptions, PictureOptions {
  /** What is looked for. */
  readonly statuses: ReadonlySet<Status>;
  /** Opens the memory of what is decorative; only where a page has an image that cannot say so. */
  memory(): Promise<Decorative>;
}

/** How many images of each kind there are. */
export interface PageCounts {
  pages: number;
  images: number;
  found: number;
  computed: number;
  ignored: number;
}

/** Looks at the alternative texts of pages. Nothing is asked, and no picture is opened. */
export async function checkPages(
  options: CheckPagesOptions,
  report: ReportFormat,
  { stdout, tell, signals }: Pick<CommandContext, 'stdout' | 'tell' | 'signals'>,
): Promise<Tally> {
  const counts: PageCounts = { pages: 0, images: 0, found: 0, computed: 0, ignored: 0 };
  const failures: ErrorKind[] = [];
  const { ignoreFile } = options;
  let memory: Decorative | undefined;
  const isAboutPlain =
    !options.wiki &&
    !options.frontMatter &&
    ignoreFile === undefined &&
    [...options.statuses].every((one) => one === 'missing' || one === 'placeholder');
  const isListed = ignoreFile === undefined ? undefined : readIgnoreFile(ignoreFile);
  const tests: Tests = {
    isDecorative: (page, image) => {
      const where = memory && whereIs(image.source, page.file, image.form, options);
      if (where?.kind !== 'found') return false;
      return memory?.has(where.reference.id, placeOfImage(image)) ?? false;
    },
    isIgnored: (page, image) => {
      const where = isListed && whereIs(image.source, page.file, image.form, options);
      if (!isListed || where?.kind !== 'found') return false;
      return where.reference.kind === 'file' && isListed(where.reference.source);
    },
  };
  const fail = async ({ file, error }: Unread) => {
    failures.push(error.kind);
    tell({ type: 'failed', error, about: file });
    await stdout.write(report.unread({ file, error }));
  };
  let ended: GeminiImageError | undefined;
  try {
    for await (const found of findPages({ ...options, signal: signals.stop })) {
      const { name } = found;
      try {
        if (found.kind === 'failed') throw found.error;
        const text = await readText(found);
        const plain = isAboutPlain ? goodImages(name, text.text) : undefined;
        if (plain !== undefined) {
          counts.pages += 1;
          counts.images += plain;
          const none = report.page({ file: name, images: plain, findings: [] });
          if (none !== '') await stdout.write(none);
          continue;
        }
        const page = await pageOf(found, text, options);
        if (page.images.some(isSilent)) memory ??= await options.memory();
        const findings = findingsIn(page, options, counts, tests);
        counts.pages += 1;
        counts.images += page.images.length;
        counts.found += findings.length;
        const shown = report.page({ file: name, images: page.images.length, findings });
        if (shown !== '') await stdout.write(shown);
      } catch (error) {
        if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') throw error;
        await fail({ file: name, error });
      }
    }
  } catch (error) {
    if (!(error instanceof GeminiImageError) || error.kind !== 'interrupted') throw error;
    ended = error;
  }
  await stdout.write(report.end(ended));
  tell({ type: 'pagesChecked', ...counts, unread: failures.length });
  return {
    produced: counts.pages,
    failures,
    claims: { fail: counts.found, unclear: 0 },
    ...(ended && { ended: ended.kind }),
  };
}

/**
 * How many images a page of Markdown has, if all of them are plain and none is missing a text or has a
 * placeholder; most pages of a good site are such.
 */
function goodImages(name: string, text: string): number | undefined {
  if (!/\.(?:md|markdown)$/i.test(name)) return undefined;
  const images = plainImages(text);
  const isGood = images?.every((image) => {
    const status = statusOf({ ...PLAIN, ...image });
    return status !== 'missing' && status !== 'placeholder' && status !== 'computed';
  });
  return isGood ? images?.length : undefined;
}

const PLAIN: PageImage = {
  form: '![]()',
  ...{ start: 0, end: 0, isIgnored: false, tellsEmpty: false, context: { headings: [] } },
  source: { kind: 'none' },
  alt: { kind: 'absent' },
  edits: () => [],
};

/** What is known of an image besides its page. */
interface Tests {
  /** Whether it was found to be decorative, although it cannot say so itself. */
  isDecorative(page: Page, image: PageImage): boolean;
  /** Whether its picture is listed by `--ignore-file`. */
  isIgnored(page: Page, image: PageImage): boolean;
}

/** Whether an image without a text could be decorative, though its language cannot say so. */
function isSilent({ tellsEmpty, alt }: PageImage): boolean {
  return !tellsEmpty && (alt.kind === 'absent' || (alt.kind === 'text' && alt.text === ''));
}

function findingsIn(
  page: Page,
  { statuses }: CheckPagesOptions,
  counts: PageCounts,
  { isDecorative, isIgnored }: Tests,
): Finding[] {
  let placeOf: ReturnType<typeof placesIn> | undefined;
  return page.images.flatMap((image): Finding[] => {
    const isKnown = isSilent(image) && isDecorative(page, image);
    const status = isIgnored(page, image) ? 'ignored' : statusOf(image, isKnown);
    if (status === 'computed' || status === 'ignored') {
      counts[status] += 1;
      return [];
    }
    if (!statuses.has(status)) return [];
    placeOf ??= placesIn(page.text);
    const facts = factsOf(image);
    const message = sentenceFor(status, facts);
    return [{ ...placed(page, image, placeOf), ...facts, rule: status, isError: true, message }];
  });
}

/** How an image is written, where its picture is, and what it says. */
export function factsOf({ form, source, alt }: PageImage): Pick<Finding, 'form' | 'image' | 'alt'> {
  const address = source.kind === 'address' ? shortened(source.choices.at(-1) ?? '') : undefined;
  return {
    form,
    ...(address !== undefined && { image: address }),
    ...(alt.kind === 'text' && { alt: alt.text }),
  };
}

function shortened(address: string): string {
  return address.length <= MOST_SHOWN ? address : `${address.slice(0, MOST_SHOWN)}…`;
}

/** A picture in the page itself has an address of many thousand characters. */
const MOST_SHOWN = 120;

/** Where an image stands. */
export function placed(
  { file }: Pick<Page, 'file'>,
  { start, end }: Pick<PageImage, 'start' | 'end'>,
  placeOf: ReturnType<typeof placesIn>,
): Pick<Finding, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'> {
  const { line, column } = placeOf(start);
  const { line: endLine, column: endColumn } = placeOf(end);
  return { file: file.name, line, column, endLine, endColumn };
}
