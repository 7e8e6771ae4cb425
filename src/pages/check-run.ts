import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import type { CommandContext, Tally } from '../run/context.js';
import { type FindPagesOptions, findPages } from './find/find-pages.js';
import { type Page, placesIn, readPage } from './page.js';
import type { PageImage } from './page-image.js';
import type { ReadOptions } from './read/read-page.js';
import { type Finding, type ReportFormat, sentenceFor, type Unread } from './report/finding.js';
import { type Status, statusOf } from './status.js';

export interface CheckPagesOptions extends FindPagesOptions, ReadOptions {
  /** What is looked for. */
  readonly statuses: ReadonlySet<Status>;
  /** Whether an image is left out, by where its picture is. */
  readonly leavesOut?: ((page: Page, image: PageImage) => boolean) | undefined;
  /** Whether it is known that an image is decorative that cannot say so itself. */
  readonly isDecorative?: ((page: Page, image: PageImage) => boolean) | undefined;
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
        const page = await readPage(found, options);
        const findings = findingsIn(page, options, counts);
        counts.pages += 1;
        counts.images += page.images.length;
        counts.found += findings.length;
        const text = report.page({ file: name, images: page.images.length, findings });
        if (text !== '') await stdout.write(text);
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

function findingsIn(
  page: Page,
  { statuses, leavesOut, isDecorative }: CheckPagesOptions,
  counts: PageCounts,
): Finding[] {
  let placeOf: ReturnType<typeof placesIn> | undefined;
  return page.images.flatMap((image): Finding[] => {
    const isKnown = image.tellsEmpty ? false : isDecorative?.(page, image);
    const status = leavesOut?.(page, image) ? 'ignored' : statusOf(image, isKnown);
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
