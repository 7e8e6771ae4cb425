/** The kinds of facts about a picture that a question may tell, in the order of the prompt. */
export const KNOWN_KINDS = ['people', 'place', 'date', 'title', 'keywords', 'folder'] as const;
export type KnownKind = (typeof KNOWN_KINDS)[number];

/** What is known about a picture before it is looked at, from its own metadata and its name. */
export interface Known {
  /** The names of people. */
  people?: readonly string[];
  /** From the small to the large, such as `Alte Liebe, Cuxhaven, Germany`. */
  place?: string;
  /** When it was taken: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. */
  date?: string;
  title?: string;
  keywords?: readonly string[];
  /** The name of its folder. */
  folder?: string;
  /** Where it stands in a page. */
  page?: PagePlace;
}

/** Where a picture stands in a page, and what stands around it there, in the page's own words. */
export interface PagePlace {
  /** As `index.html:12:5`; several if the same question is about several places. */
  readonly at: readonly string[];
  /** A BCP 47 tag. */
  readonly lang?: string;
  readonly title?: string;
  /** The headings it stands under, the highest first. */
  readonly headings?: readonly string[];
  readonly before?: string;
  readonly after?: string;
  readonly caption?: string;
  readonly inside?: PageLink;
  /** The part of the picture that is meant, such as `rect 0,0,80,40`. */
  readonly region?: string;
  /** Whether it is a control, so that it cannot be decorative. */
  readonly needsText?: boolean;
  /** The alternative text that is judged; empty if it says that the picture is decorative. */
  readonly alt?: string;
}

/**
 * What tells one place of a picture from another: what stands around it, and not on which line, nor the
 * text that is judged there.
 */
export function surroundingsKey({ at: _, alt: __, needsText: ___, ...around }: PagePlace): string {
  return JSON.stringify(around);
}

/** The link or button that holds a picture. */
export interface PageLink {
  readonly kind: 'link' | 'button';
  /** Where the link leads. */
  readonly target?: string;
  /** Its other words; absent if the picture is all of it. */
  readonly text?: string;
}
