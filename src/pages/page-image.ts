import type { PageLink } from '../domain/known.js';

/** A change of a file's text: what lies from `start` to `end` becomes `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What an image says of itself now. */
export type CurrentAlt =
  /** Nothing is said. */
  | { readonly kind: 'absent' }
  /** As a reader would hear it, character references and escapes resolved; it may be empty. */
  | { readonly kind: 'text'; readonly text: string }
  /** An expression, a variable, a template: known only when the page is made. */
  | { readonly kind: 'computed' };

/** Where the picture is. */
export type PictureSource =
  /**
   * One address or path, as it was meant; of a `srcset`, the largest comes first. They are relative to
   * `base`, if the page sets one.
   */
  | {
      readonly kind: 'address';
      readonly choices: readonly [string, ...string[]];
      readonly base?: string;
    }
  /** The picture stands in the page. */
  | { readonly kind: 'svg'; readonly text: string }
  /** Known only when the page is made. */
  | { readonly kind: 'computed' }
  /** The page names none. */
  | { readonly kind: 'none' };

/** What stands around an image, in the page's own words. */
export interface ImageContext {
  title?: string;
  /** The headings it stands under, the highest first. */
  headings: readonly string[];
  before?: string;
  after?: string;
  /** The words of the figure's caption. */
  caption?: string;
  /** The link or button that holds it. */
  inside?: PageLink;
  /** The part of the picture that is meant, as an area of a map says it. */
  region?: string;
  /** A BCP 47 tag. */
  lang?: string;
}

/** An image of a page, and how its alternative text would be changed. */
export interface PageImage {
  /** How it is written, for people: `<img>`, `![]()`, … */
  readonly form: string;
  /** Where it begins and ends in the text of the file, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly source: PictureSource;
  readonly alt: CurrentAlt;
  readonly context: ImageContext;
  /** Whether a comment before it says that it is to be left alone. */
  readonly isIgnored: boolean;
  /** Whether `alt=""` can be told from no alt: in Markdown it cannot. */
  readonly tellsEmpty: boolean;
  /** Whether it must have a text, since it is a button or an area of a map. */
  readonly needsText?: boolean;
  /** The changes that give it this alternative text; none where it cannot be changed. */
  edits(alt: string): readonly Splice[];
}

/** An image that is only looked at. */
export type SeenImage = Omit<PageImage, 'edits'>;

/**
 * A text with its changes, which do not overlap.
 *
 * @throws Error if they do.
 */
export function spliced(text: string, splices: readonly Splice[]): string {
  const inOrder = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  for (const { start, end, text: replacement } of inOrder) {
    if (start < at) throw new Error('two changes of a page overlap');
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}
