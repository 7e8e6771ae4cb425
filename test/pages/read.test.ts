import { expect, test } from 'vitest';
import { type PageImage, spliced } from '../../src/pages/page-image.js';
import { imagesOfPage } from '../../src/pages/read/read-page.js';
import { statusOf } from '../../src/pages/status.js';

const ALL = { wiki: true, frontMatter: true };

const read = (name: string, text: string) => imagesOfPage(name, text, ALL);

/** The address of each image, or what there is instead. */
function sources(images: readonly PageImage[]): string[] {
  return images.map(({ source }) => (source.kind === 'address' ? source.choices[0] : source.kind));
}

async function edited(name: string, text: string, alt = 'A boat'): Promise<string> {
  const images = await read(name, text);
  return spliced(
    text,
    images.flatMap((image) => image.edits(alt)),
  );
}

test('HTML: every form, and what is none', async () => {
  const page = `
<img src=a.png><!-- <img src=no.png> --><IMG SRC='b.png' ALT>
<picture><source srcset="c-1.webp 1x, c-2.webp 2x"><img src=c.png alt=""></picture>
<input type=image src=d.png><input type=text src=no.png>
<img src=e.png usemap=#m><map name=m><area href=f alt=F><area></map>
<svg role=img><path d="M0 0"/></svg><svg><path/></svg>
<noscript><img src=g.png></noscript><template><img src=no.png></template>
<script>"<img src=no.png>"</script>`;
  expect(sources(await read('a.html', page))).toEqual([
    ...['a.png', 'b.png', 'c-2.webp', 'd.png', 'e.png', 'e.png', 'svg', 'g.png'],
  ]);
});

test.each([
  ['<img src=a.png>', '<img src=a.png alt="A &quot;boat&quot; > x">'],
  ["<img alt='' src=a.png>", `<img alt='A "boat" > x' src=a.png>`],
  ['<img alt src=a.png>', '<img alt="A &quot;boat&quot; > x" src=a.png>'],
  ['<img alt=x>', '<img alt="A &quot;boat&quot; > x">'],
  ['<IMG SRC="a>b.png"/>', '<IMG SRC="a>b.png" ALT="A &quot;boat&quot; > x"/>'],
  ['<img title="alt=\'no\'" src=a>', '<img title="alt=\'no\'" src=a alt="A &quot;boat&quot; > x">'],
  ['<input type=image src=a>', '<input type=image src=a alt="A &quot;boat&quot; > x">'],
  ['<svg role="img"></svg>', '<svg aria-label="A &quot;boat&quot; > x" role="img"></svg>'],
])('HTML: %s keeps the rest of its tag', async (before, after) => {
  expect(await edited('a.html', before, 'A "boat" > x')).toBe(after);
});

test('Markdown: every form, and what is none', async () => {
  const page = `---
image: front.png
cover:
  src: cover.png
---
![](a.png) ![b](<b c.png> "t") ![*c*][ref] ![ref][] ![ref] \\![no](no.png)

    ![no](no.png)

\`![no](no.png)\` <!-- ![no](no.png) --> <img src=d.png>

\`\`\`
![no](no.png) <img src=no.png>
\`\`\`

> 1. [![](e.png)](target) ![[f.png|w|300]]

| a |
|---|
| ![x \\| y](g.png) |

[ref]: r.png
[^1]: A note ![](h.png)

See[^1].
`;
  const images = await read('a.md', page);
  expect(sources(images)).toEqual([
    ...['front.png', 'cover.png', 'a.png', 'b c.png', 'r.png', 'r.png', 'r.png', 'd.png'],
    ...['e.png', 'f.png', 'g.png', 'h.png'],
  ]);
  expect(
    images.find(({ source }) => source.kind === 'address' && source.choices[0] === 'g.png')?.alt,
  ).toEqual({ kind: 'text', text: 'x | y' });
});

test.each([
  ['![](a.png)', '![A \\[b\\] | \\`c\\`](a.png)'],
  ['![old](a.png "b c")', '![A \\[b\\] | \\`c\\`](a.png "b c")'],
  ['![name]\n\n[name]: a.png', '![A \\[b\\] | \\`c\\`][name]\n\n[name]: a.png'],
  ['![name][]\n\n[name]: a.png', '![A \\[b\\] | \\`c\\`][name]\n\n[name]: a.png'],
  ['|a|\n|-|\n|![](a.png)|', '|a|\n|-|\n|![A \\[b\\] \\| \\`c\\`](a.png)|'],
  ['|a|\n|-|\n|<img src=a>|', '|a|\n|-|\n|<img src=a alt="A [b] &#124; `c`">|'],
  ['![[a.png|300]]', '![[a.png|A b `c`|300]]'],
  ['---\nimage: a.png\n---\n', '---\nimage: a.png\nimage_alt: "A [b] | `c`"\n---\n'],
  [
    "---\r\ncover:\r\n  src: a.png\r\n  alt: 'x'\r\n---\r\n",
    '---\r\ncover:\r\n  src: a.png\r\n  alt: "A [b] | `c`"\r\n---\r\n',
  ],
])('Markdown: %j', async (before, after) => {
  expect(await edited('a.md', before, 'A [b] | `c`')).toBe(after);
});

test('no template language finds its marks in a new text', async () => {
  const alt = ['{{ a }} {% b %} <% c %> ', '{d}'].join('$');
  for (const [name, page] of [
    ['a.html', '<img src=a.png>'],
    ['a.md', '![](a.png)'],
    ['a.mdx', '![](a.png)'],
    ['a.vue', '<template><img src="a.png"></template>'],
    ['a.tsx', 'export const a = <img src="a.png" />;'],
  ] as const) {
    const changed = await edited(name, page, alt);
    expect(changed, name).not.toMatch(/\{\{|\{%|<%|\$\{/);
    expect((await read(name, changed))[0]?.alt, name).toEqual({ kind: 'text', text: alt });
  }
  expect(await edited('a.svelte', '<img src="a.png">', 'a {b}')).toBe(
    '<img src="a.png" alt="a &#123;b}">',
  );
});

test('components: literal sources; what is computed is left', async () => {
  const jsx = `export default () => <div>{/* <img src="no.png"/> */}
    <img src="a.png" /><Image src={'b.png'} alt="B" /><img src={x} /><img {...y} src="c.png" /></div>;`;
  const images = await read('a.tsx', jsx);
  expect(sources(images)).toEqual(['a.png', 'b.png', 'computed', 'c.png']);
  expect(images.map((one) => statusOf(one))).toEqual([
    'missing',
    'present',
    'computed',
    'computed',
  ]);
  const vue = '<template><img :src="x"><img src="a.png"><Image src="b.png" :alt="c"/></template>';
  expect((await read('a.vue', vue)).map((one) => statusOf(one))).toEqual([
    ...['computed', 'missing', 'computed'],
  ]);
  const astro =
    '---\nconst a = "<img src=no.png>";\n---\n<Image src="a.png"/>{x && <img src="b.png"/>}';
  expect(sources(await read('a.astro', astro))).toEqual(['a.png', 'b.png']);
  const svelte =
    '<script>let a = "<img src=no.png>"</script><img {src}><img src="{a}.png"><img src="b.png">';
  expect((await read('a.svelte', svelte)).map((one) => statusOf(one))).toEqual([
    ...['computed', 'computed', 'missing'],
  ]);
  const mdx =
    'import a from \'a\'\n\n# T\n\n<Image src="a.png" />\n\n{<img src={b} />}\n\n![](c.png)\n';
  expect(sources(await read('a.mdx', mdx))).toEqual(['a.png', 'c.png']);
});

test('the context: headings, paragraphs, caption, link, language', async () => {
  const page = `<html lang=de><title>Hafen</title><h1>Boote</h1><h2>Rote</h2><p>Davor.</p>
<figure><img src=a.png><figcaption>Die <b>MARTA</b></figcaption></figure><p>Danach.</p>
<p lang=en><a href="/b"><img src=b.png> More</a></p>`;
  const [first, second] = await read('a.html', page);
  expect(first?.context).toEqual({
    ...{ title: 'Hafen', headings: ['Boote', 'Rote'], before: 'Davor.', after: 'Danach.' },
    ...{ caption: 'Die MARTA', lang: 'de' },
  });
  expect(second?.context).toMatchObject({
    lang: 'en',
    inside: { kind: 'link', target: '/b', text: 'More' },
  });
  const [third, fourth] = await read(
    'a.md',
    '---\ntitle: T\nlang: fr\n---\n# H\n\nBefore\n\n[![](a.png)](b) ![[c.png]]\n\nAfter\n',
  );
  const around = { title: 'T', lang: 'fr', headings: ['H'], before: 'Before', after: 'After' };
  expect(third?.context).toEqual({ ...around, inside: { kind: 'link', target: 'b' } });
  expect(fourth?.context).toEqual(around);
});

test.each([
  ['<img src=a.png>', 'missing'],
  ['<img src=a.png alt="">', 'empty'],
  ['<img src=a.png role=presentation>', 'empty'],
  ['<input type=image src=a.png alt="">', 'missing'],
  ['<img src=a.png alt=Image>', 'placeholder'],
  ['<img src=a.png alt="IMG_2031.JPG">', 'placeholder'],
  ['<img src=a.png alt="IMG 2031">', 'placeholder'],
  ['<img src=a.png alt="photo of">', 'placeholder'],
  ['<img src="/x/red-boat.png?v=1" alt="red-boat">', 'placeholder'],
  ['<img src="/x/red%20boat.png" alt="red boat.png">', 'placeholder'],
  ['<img src=lighthouse.png alt=Lighthouse>', 'present'],
  ['<img src=a.png alt="Photo of a boat">', 'present'],
  [
    '<figure><img src=a.png alt="the boat."><figcaption>The boat</figcaption></figure>',
    'duplicate',
  ],
  ['<a href=x><img src=a.png alt="Home"> Home</a>', 'duplicate'],
  [`<img src=a.png alt="${'long '.repeat(30)}">`, 'long'],
  ['<img src="{{ x }}">', 'computed'],
  ['<img src=a.png alt="{{ x }}">', 'computed'],
  ['<!-- gemini-image-ignore --><img src=a.png>', 'ignored'],
  ['<p>a</p><!-- gemini-image-ignore --> <figure><a><img src=a.png></a></figure>', 'ignored'],
])('the status of %s is %s', async (page, status) => {
  const [image] = await read('a.html', page);
  expect(image && statusOf(image)).toBe(status);
});

test('in Markdown, no text is missing, and a comment ignores', async () => {
  const page = '![](a.png)\n\n<!-- gemini-image-ignore -->\n- [![](b.png)](x) ![](c.png)\n';
  expect((await read('a.md', page)).map((one) => statusOf(one))).toEqual([
    ...['missing', 'ignored', 'missing'],
  ]);
});
