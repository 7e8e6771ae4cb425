import { extname } from 'node:path';
import type { PageImage, SeenImage } from '../page-image.js';

/** How pages are read. */
export interface ReadOptions {
  /** Whether `![[x.png]]` is an image in Markdown. */
  wiki: boolean;
  /** Whether the front matter of Markdown names images. */
  frontMatter: boolean;
}

type Reader = (text: string, options: ReadOptions) => Promise<PageImage[]>;

const html: Reader = async (text) =>
  (/<(?:img|input|area|svg)\b/i.test(text) ? await import('./html.js') : undefined)?.htmlImages(
    text,
  ) ?? [];

const markdown: Reader = async (text, options) =>
  (await import('./markdown/markdown.js')).markdownImages(text, options);

const mdx: Reader = async (text, options) => {
  const { markdownImages } = await import('./markdown/markdown.js');
  const { mdxjs } = await import('micromark-extension-mdxjs');
  return markdownImages(text, { ...options, extensions: [mdxjs()] });
};

const component =
  (language: 'vue' | 'svelte' | 'astro'): Reader =>
  async (text) =>
    (await import('./component.js')).componentImages(text, language);

const jsx: Reader = async (text) =>
  /<(?:img|Image)\b/.test(text) ? (await import('./jsx.js')).jsxImages(text) : [];

/** How pages are read, by the ending of their names. */
const readers: Readonly<Record<string, Reader>> = {
  '.html': html,
  '.htm': html,
  '.md': markdown,
  '.markdown': markdown,
  '.mdx': mdx,
  '.astro': component('astro'),
  '.vue': component('vue'),
  '.svelte': component('svelte'),
  '.jsx': jsx,
  '.tsx': jsx,
};

/** Whether a file is a page, by its name. */
export function isPageName(name: string): boolean {
  return Object.hasOwn(readers, extname(name).toLowerCase());
}

/**
 * The images of a page, in their order.
 *
 * @param name says by its ending how the text is read.
 * @throws an error of the language's parser if it cannot be read.
 */
export async function imagesOfPage(
  name: string,
  text: string,
  options: ReadOptions,
): Promise<PageImage[]> {
  const read = readers[extname(name).toLowerCase()] ?? html;
  return read(text, options);
}

/**
 * The same for those who only look at them, which takes less time for Markdown.
 *
 * @param needsContext whether what stands around the images is told.
 */
export async function imagesSeenOnPage(
  name: string,
  text: string,
  options: ReadOptions,
  needsContext: boolean,
): Promise<readonly SeenImage[]> {
  const reader = readers[extname(name).toLowerCase()];
  if (reader !== markdown && reader !== mdx) return imagesOfPage(name, text, options);
  const { seenMarkdownImages } = await import('./markdown/seen-images.js');
  return seenMarkdownImages(text, options, { needsContext, isMdx: reader === mdx });
}
