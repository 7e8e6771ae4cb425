import type { ImageContext, SeenImage } from '../../page-image.js';
import { namedImages, pageContext, withoutFrontMatter } from './front-matter.js';
import type { MarkdownOptions } from './markdown.js';
import { plainImages } from './plain-images.js';
import { LEFT_OUT, reduced } from './reduced.js';

/**
 * The images of a Markdown page for those who only look at them, in a fraction of the time.
 *
 * @param needsContext whether what stands around them is told.
 */
export async function seenMarkdownImages(
  text: string,
  { wiki, frontMatter }: MarkdownOptions,
  { needsContext, isMdx }: { needsContext: boolean; isMdx: boolean },
): Promise<SeenImage[]> {
  const body = withoutFrontMatter(text);
  const { text: rest, originalOf } = reduced(body, { keepsContext: needsContext, isMdx });
  const read = async (words: string, names: boolean): Promise<SeenImage[]> => {
    const { markdownImages } = await import('./markdown.js');
    const extensions = isMdx ? [(await import('micromark-extension-mdxjs')).mdxjs()] : [];
    return markdownImages(words, { wiki, frontMatter: names, extensions });
  };
  const isPlain = !needsContext && !(isMdx && SCRIPTED.test(rest));
  // What is wrong with a page is told by its own lines.
  const images = (isPlain && plainImages(rest)) || (await read(rest, false).catch(() => undefined));
  if (!images || (needsContext && images.some(({ context }) => isCutOff(context)))) {
    return read(text, frontMatter);
  }
  const page = needsContext ? pageContext(text) : {};
  const inPage = images.map(
    (image): SeenImage => ({
      ...image,
      ...{ start: originalOf(image.start), end: originalOf(image.end) },
      context: { ...page, ...image.context },
    }),
  );
  return [...(frontMatter ? namedImages(text) : []), ...inPage];
}

/** Expressions and scripts of MDX. */
const SCRIPTED = /[{}]|^(?:import|export)\b/m;

/** What stands beside an image was left out. */
function isCutOff({ before = '', after = '' }: ImageContext): boolean {
  return before.includes(LEFT_OUT) || after.includes(LEFT_OUT);
}
