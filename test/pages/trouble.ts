/** What goes wrong when every image of a page gets another text. */
import { micromark } from 'micromark';
import { gfmFootnote, gfmFootnoteHtml } from 'micromark-extension-gfm-footnote';
import { gfmTable, gfmTableHtml } from 'micromark-extension-gfm-table';
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';
import { type PageImage, spliced } from '../../src/pages/page-image.js';
import { imagesOfPage } from '../../src/pages/read/read-page.js';

export const OPTIONS = { wiki: false, frontMatter: true };
/** Whatever means something in one of the languages. */
const NASTY = `^[a](b) "c" 'd' {e} {{f}} {% g %} | <h> <% i &amp; &j *k* _l_ \`m\` ![n] ~~o~~ \\ ] {`;

async function withNewAlts(name: string, text: string, alt: string) {
  const images = await imagesOfPage(name, text, OPTIONS);
  const edits = images.map((image) => image.edits(alt));
  const changed = spliced(text, edits.flat());
  return { images, edits, changed, again: await imagesOfPage(name, changed, OPTIONS) };
}

/** What is wrong after every image of a page has another text; undefined if nothing is. */
export async function trouble(
  name: string,
  text: string,
  alt = NASTY,
): Promise<string | undefined> {
  const { images, edits, changed, again } = await withNewAlts(name, text, alt);
  if (images.length === 0) return undefined;
  const about = JSON.stringify({ name, text, changed });
  if (again.length !== images.length) return `${again.length} images: ${about}`;
  for (const [at, image] of images.entries()) {
    const now = again[at];
    if (JSON.stringify(now?.source) !== JSON.stringify(image.source) && !isDrawn(image)) {
      return `another source: ${about}`;
    }
    if ((edits[at]?.length ?? 0) === 0) continue;
    if (now?.alt.kind !== 'text' || now.alt.text !== alt) {
      return `read back as ${JSON.stringify(now?.alt)}: ${about}`;
    }
  }
  const isMarkdown = /\.mdx?$/.test(name);
  const [before, after] = [text, changed].map(isMarkdown ? asHtml : (one) => one);
  if (!name.endsWith('.mdx') && treeOf(before ?? '') !== treeOf(after ?? '')) {
    return `another page: ${about}`;
  }
  return undefined;
}

/** The source of an SVG is the element itself, whose label is changed. */
function isDrawn({ source }: PageImage): boolean {
  return source.kind === 'svg';
}

function asHtml(markdown: string): string {
  const extensions = [gfmTable(), gfmFootnote()];
  const htmlExtensions = [gfmTableHtml(), gfmFootnoteHtml()];
  return micromark(markdown, { extensions, htmlExtensions, allowDangerousHtml: true });
}

/** The tree of a page without alternative texts. */
function treeOf(html: string): string {
  const lines: string[] = [];
  const visit = (node: DefaultTreeAdapterTypes.ChildNode, depth: number) => {
    const attributes = defaultTreeAdapter.isElementNode(node)
      ? node.attrs
          .filter(({ name }) => !['alt', 'aria-label'].includes(name))
          .map(({ name, value }) => `${name}=${value}`)
          .sort()
      : [];
    const words = 'value' in node ? node.value : 'data' in node ? node.data : '';
    lines.push(JSON.stringify([depth, node.nodeName, attributes, words]));
    if (node.nodeName === 'template' && 'content' in node) {
      for (const child of node.content.childNodes) visit(child, depth + 1);
    }
    if ('childNodes' in node) for (const child of node.childNodes) visit(child, depth + 1);
  };
  for (const node of parse(html, { scriptingEnabled: false }).childNodes) visit(node, 0);
  return lines.join('\n');
}

/** Broken pages of other languages are read in some way; it is enough that no edits overlap. */
export async function crash(name: string, text: string): Promise<string | undefined> {
  const { images, again } = await withNewAlts(name, text, 'A boat');
  return again.length >= 0 && images.length >= 0 ? undefined : name;
}
