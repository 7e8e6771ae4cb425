import { GeminiImageError } from '../../domain/error.js';
import { type FindPagesOptions, findPages } from '../find/find-pages.js';
import { readIgnoreFile } from '../find/gitignore.js';
import { type Page, readPage } from '../page.js';
import type { PageImage } from '../page-image.js';
import { type PictureOptions, whereIs } from '../pictures/where.js';
import type { ReadOptions } from '../read/read-page.js';
import { type Status, statusOf } from '../status.js';
import { Questions, type Use, usesIn } from './uses.js';

export interface FindQuestionsOptions extends FindPagesOptions, ReadOptions, PictureOptions {
  /** Which images are asked about. */
  readonly statuses: ReadonlySet<Status>;
  /** Whether the present texts are judged, rather than new ones made. */
  readonly isAudit: boolean;
}

/** What is to be asked about pages. */
export interface FoundQuestions {
  readonly pages: readonly Page[];
  /** The images that are meant, also those whose picture cannot be read. */
  readonly uses: readonly Use[];
  readonly questions: Questions;
  readonly counts: {
    readonly pages: number;
    readonly images: number;
    readonly found: number;
    readonly computed: number;
    readonly ignored: number;
  };
}

/** Called for a page that cannot be read, and for an image whose picture cannot be. */
export type OnUnread = (about: string, error: GeminiImageError, use?: Use) => void;

/**
 * Finds the images of pages that are to be asked about.
 *
 * @throws GeminiImageError of kind `usage`, and `interrupted` after the signal.
 */
export async function findQuestions(
  options: FindQuestionsOptions,
  onUnread: OnUnread,
): Promise<FoundQuestions> {
  const { ignoreFile, isAudit, statuses } = options;
  const isListed = ignoreFile === undefined ? () => false : readIgnoreFile(ignoreFile);
  const questions = new Questions();
  const pages: Page[] = [];
  const meant: Use[] = [];
  const counts = { pages: 0, images: 0, found: 0, computed: 0, ignored: 0 };
  for await (const found of findPages(options)) {
    try {
      if (found.kind === 'failed') throw found.error;
      const page = await readPage(found, options);
      counts.pages += 1;
      counts.images += page.images.length;
      const uses = usesIn(page, wantedStatus);
      pages.push(page);
      counts.found += uses.length;
      for (const use of uses) addUse(use);
    } catch (error) {
      if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') throw error;
      onUnread(found.name, error);
    }
  }
  return { pages, uses: meant, questions, counts };

  function wantedStatus(image: PageImage): Status | undefined {
    const status = statusOf(image, false);
    if (status === 'computed' || status === 'ignored') counts[status] += 1;
    else if (statuses.has(status)) return status;
    return undefined;
  }

  function addUse(use: Use): void {
    const { page, image, line, column } = use;
    // What has no text is not judged: it is wrong without a question.
    if (isAudit && use.status === 'missing') {
      meant.push(use);
      return;
    }
    const where = whereIs(image.source, page.file, image.form, options);
    if (where.kind === 'failed') {
      meant.push(use);
      onUnread(`${page.file.name}:${line}:${column}`, where.error, use);
      return;
    }
    const { reference } = where;
    if (reference.kind === 'file' && isListed(reference.source)) {
      counts.ignored += 1;
      return;
    }
    meant.push(use);
    const alt = image.alt.kind === 'text' ? image.alt.text : '';
    questions.add(use, reference, isAudit ? alt : undefined);
  }
}
