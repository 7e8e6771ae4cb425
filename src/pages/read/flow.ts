import type { ImageContext } from '../page-image.js';

type Item =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly index: number };

/** More of a paragraph does not help. */
const MAX_WORDS_AROUND = 400;

/** The page in the order in which it is read, so that each image knows what stands around it. */
export class Flow {
  readonly #items: Item[] = [];
  #run = '';
  #images = 0;

  /** Adds words of the paragraph in progress. */
  words(text: string): void {
    this.#run += text;
  }

  /** Ends the paragraph in progress. */
  paragraph(): void {
    const text = plain(this.#run);
    this.#run = '';
    if (text !== '') this.#items.push({ kind: 'text', text });
  }

  heading(level: number, text: string): void {
    this.paragraph();
    const words = plain(text);
    if (words !== '') this.#items.push({ kind: 'heading', level, text: words });
  }

  /** @returns the number of the image, for `around`. */
  image(): number {
    const index = this.#images;
    this.#images += 1;
    this.paragraph();
    this.#items.push({ kind: 'image', index });
    return index;
  }

  /** What stands around each image, in the order in which they were added. */
  around(): Pick<ImageContext, 'headings' | 'before' | 'after'>[] {
    this.paragraph();
    const found: { headings: string[]; before?: string; after?: string }[] = [];
    const open: { level: number; text: string }[] = [];
    let before: string | undefined;
    let waiting: { headings: string[]; before?: string; after?: string }[] = [];
    for (const item of this.#items) {
      if (item.kind === 'image') {
        const entry = {
          headings: open.map(({ text }) => text),
          ...(before !== undefined && { before: ending(before) }),
        };
        found.push(entry);
        waiting.push(entry);
        continue;
      }
      if (item.kind === 'heading') {
        while ((open.at(-1)?.level ?? 0) >= item.level) open.pop();
        open.push(item);
        // What follows a heading is not about the images above it.
        waiting = [];
        before = undefined;
        continue;
      }
      for (const entry of waiting) entry.after = beginning(item.text);
      waiting = [];
      before = item.text;
    }
    return found;
  }
}

/** Text as it is read: white space is one blank. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function beginning(text: string): string {
  return text.length <= MAX_WORDS_AROUND ? text : `${text.slice(0, MAX_WORDS_AROUND)}…`;
}

function ending(text: string): string {
  return text.length <= MAX_WORDS_AROUND ? text : `…${text.slice(-MAX_WORDS_AROUND)}`;
}
