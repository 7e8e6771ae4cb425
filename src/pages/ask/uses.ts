import type { PagePlace } from '../../domain/known.js';
import type { ImageReference } from '../../images/find/reference.js';
import type { Page } from '../page.js';
import { placesIn } from '../page.js';
import type { ImageContext, PageImage } from '../page-image.js';
import type { Status } from '../status.js';

/** An image of a page that is asked about. */
export interface Use {
  readonly page: Page;
  readonly image: PageImage;
  readonly status: Status;
  readonly line: number;
  readonly column: number;
}

/** One question: a picture and its place. Images of the same picture with the same place share it. */
export interface PageQuestion {
  /** An object of its own for each question, by which its answer is found again. */
  readonly reference: ImageReference;
  readonly place: PagePlace;
  readonly uses: Use[];
}

/** Puts images together that have the same question. */
export class Questions {
  readonly #byKey = new Map<string, PageQuestion & { place: PagePlace }>();
  readonly #byReference = new Map<ImageReference, PageQuestion>();

  /** @param alt the text that is judged, if one is. */
  add(use: Use, reference: ImageReference, alt?: string): void {
    const place = placeOfImage(use.image, alt);
    const key = placeKey(reference.id, place);
    const known = this.#byKey.get(key);
    const at = `${use.page.file.name}:${use.line}:${use.column}`;
    if (known) {
      known.uses.push(use);
      known.place = { ...known.place, at: [...known.place.at, at] };
      return;
    }
    const question = { reference: { ...reference }, place: { ...place, at: [at] }, uses: [use] };
    this.#byKey.set(key, question);
    this.#byReference.set(question.reference, question);
  }

  /** Those about the same picture stand together, so that it is loaded once. */
  get all(): readonly PageQuestion[] {
    const byPicture = new Map<string, PageQuestion[]>();
    for (const question of this.#byKey.values()) {
      const { id } = question.reference;
      const others = byPicture.get(id);
      if (others) others.push(question);
      else byPicture.set(id, [question]);
    }
    return [...byPicture.values()].flat();
  }

  /** The question that a record answers. */
  at(id: string, place: PagePlace): PageQuestion | undefined {
    return this.#byKey.get(placeKey(id, place));
  }

  of(reference: ImageReference): PageQuestion | undefined {
    return this.#byReference.get(reference);
  }
}

/** What tells one question about a picture from another. */
export function placeKey(id: string, { at: _, ...place }: PagePlace): string {
  return JSON.stringify([id, place]);
}

/** What a question tells of an image's place, without where that is. */
export function placeOfImage(
  { context, needsText = false }: Pick<PageImage, 'context' | 'needsText'>,
  alt?: string,
): PagePlace {
  return {
    at: [],
    ...surroundings(context),
    ...(needsText && { needsText }),
    ...(alt !== undefined && { alt }),
  };
}

function surroundings({ headings, ...context }: ImageContext): Omit<PagePlace, 'at'> {
  return { ...context, ...(headings.length > 0 && { headings }) };
}

/** The places of the images of a page, as editors count them. */
export function usesIn(page: Page, statusOf: (image: PageImage) => Status | undefined): Use[] {
  let placeOf: ReturnType<typeof placesIn> | undefined;
  return page.images.flatMap((image): Use[] => {
    const status = statusOf(image);
    if (status === undefined) return [];
    placeOf ??= placesIn(page.text);
    return [{ page, image, status, ...placeOf(image.start) }];
  });
}
