import type { CurrentAlt, Splice } from '../../page-image.js';
import { plain } from '../flow.js';

/** An image as wikis embed it: `![[x.png]]`, `![[x.png|alt]]`, `![[x.png|alt|300]]`. */
export interface WikiImage {
  readonly start: number;
  readonly end: number;
  readonly address: string;
  readonly alt: CurrentAlt;
  edits(alt: string): readonly Splice[];
}

const WIKI = /!\[\[([^\]|#\n]+)(#[^\]|\n]*)?((?:\\?\|[^\]|\n]*)*)\]\]/g;
const PICTURE = /\.(?:png|jpe?g|gif|webp|avif|svg|bmp|heic|tiff?)$/i;
/** In Obsidian, a number behind the bar is a width. */
const SIZE = /^\d+(?:x\d+)?$/;

/** The embedded images of a text, wherever they stand in it; code is not told apart. */
export function wikiImages(text: string): WikiImage[] {
  return [...text.matchAll(WIKI)]
    .filter(([, name = '']) => PICTURE.test(name.trim()))
    .map(({ 0: whole, 1: name = '', 2: anchor = '', 3: written = '', index }) => {
      // In a table, the bars are escaped.
      const bar = written.startsWith('\\') ? '\\|' : '|';
      const parts = written.split(bar).slice(1);
      const words = parts.filter((part) => !SIZE.test(part.trim()));
      const sizes = parts.filter((part) => SIZE.test(part.trim())).map((part) => bar + part);
      const start = index + 3 + name.length + anchor.length;
      const end = index + whole.length - 2;
      return {
        start: index,
        end: index + whole.length,
        address: name.trim(),
        alt:
          words.length === 0
            ? { kind: 'absent' as const }
            : { kind: 'text' as const, text: plain(words.join(' ')) },
        edits: (alt: string) => [{ start, end, text: bar + labelOf(alt) + sizes.join('') }],
      };
    });
}

/** A wiki knows no escapes: what would end the label is left out. */
function labelOf(alt: string): string {
  return plain(plain(alt).replace(/[|[\]]/g, ' '));
}
