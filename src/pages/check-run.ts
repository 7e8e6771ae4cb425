import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import type { ImageReference } from '../images/find/reference.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { Decorative } from './ask/decorative.js';
import { placeOfImage } from './ask/uses.js';
import { type FindPagesOptions, findPages, type PageFile } from './find/find-pages.js';
import { readIgnoreFile } from './find/gitignore.js';
import { placesIn, readText, type SeenPage, seenPage } from './page.js';
import type { ImageContext, SeenImage } from './page-image.js';
import { type PictureOptions, whereIs } from './pictures/where.js';
import type { ReadOptions } from './read/read-page.js';
import {
  type CheckedPage,
  type Finding,
  type ReportFormat,
  sentenceFor,
  type Unread,
} from './report/finding.js';
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
  const look = looking(options, counts);
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
        const page = await look(found);
        const shown = report.page({ file: name, ...page });
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

/** What depends on the text around an image; a repetition counts before what is too long. */
const BY_CONTEXT = ['duplicate', 'long', 'present'] as const satisfies readonly Status[];

const NO_CONTEXT: ImageContext = { headings: [] };

/** Looks at pages, counts their images, and says which are to be listed. */
function looking(options: CheckPagesOptions, counts: PageCounts) {
  const { ignoreFile, statuses } = options;
  const isListed = ignoreFile === undefined ? undefined : readIgnoreFile(ignoreFile);
  const needsContext = BY_CONTEXT.some((status) => statuses.has(status));
  let memory: Decorative | undefined;

  return async (file: PageFile): Promise<Pick<CheckedPage, 'images' | 'findings'>> => {
    const text = readText(file);
    let page = await seenPage(file, text, options, needsContext);
    const silent = page.images.filter(isSilent);
    if (silent.length > 0) memory ??= await options.memory();
    // Whether a picture is decorative depends on its place.
    if (!needsContext && silent.some((image) => isDecorativeSomewhere(image, file))) {
      page = await seenPage(file, text, options, true);
    }
    counts.pages += 1;
    counts.images += page.images.length;
    const findings = findingsIn(page);
    counts.found += findings.length;
    return { images: page.images.length, findings };
  };

  function findingsIn(page: SeenPage): Finding[] {
    let placeOf: ReturnType<typeof placesIn> | undefined;
    return page.images.flatMap((image): Finding[] => {
      const status = isIgnored(image, page.file)
        ? 'ignored'
        : statusOf(
            needsContext ? image : { ...image, context: NO_CONTEXT },
            isSilent(image) && isDecorative(image, page.file),
          );
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

  function isDecorativeSomewhere(image: SeenImage, file: PageFile): boolean {
    const picture = memory?.isEmpty === false ? pictureOf(image, file) : undefined;
    return picture !== undefined && memory?.knows(picture.id) === true;
  }

  function isDecorative(image: SeenImage, file: PageFile): boolean {
    const picture = memory?.isEmpty === false ? pictureOf(image, file) : undefined;
    return picture !== undefined && memory?.has(picture.id, placeOfImage(image)) === true;
  }

  function isIgnored(image: SeenImage, file: PageFile): boolean {
    const picture = isListed && pictureOf(image, file);
    return picture?.kind === 'file' && isListed?.(picture.source) === true;
  }

  function pictureOf({ source, form }: SeenImage, file: PageFile): ImageReference | undefined {
    const where = whereIs(source, file, form, options);
    return where.kind === 'found' ? where.reference : undefined;
  }
}

/** Whether an image without a text could be decorative, though its language cannot say so. */
function isSilent({ tellsEmpty, alt }: SeenImage): boolean {
  return !tellsEmpty && (alt.kind === 'absent' || (alt.kind === 'text' && alt.text === ''));
}

/** How an image is written, where its picture is, and what it says. */
export function factsOf({ form, source, alt }: SeenImage): Pick<Finding, 'form' | 'image' | 'alt'> {
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
  { file }: Pick<SeenPage, 'file'>,
  { start, end }: Pick<SeenImage, 'start' | 'end'>,
  placeOf: ReturnType<typeof placesIn>,
): Pick<Finding, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'> {
  const { line, column } = placeOf(start);
  const { line: endLine, column: endColumn } = placeOf(end);
  return { file: file.name, line, column, endLine, endColumn };
}
