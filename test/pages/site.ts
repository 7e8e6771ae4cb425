/** A site of ours with an image in every form, and every trap. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fixture, temporaryFolder } from '../support/files.js';

/** What the model says of every picture. */
export const ALT = 'The "MARTA" [1] & | <sea>';

const HTML = 'The &quot;MARTA&quot; [1] & | <sea>';
const SINGLE = 'The "MARTA" [1] & | <sea>';
const CELL = 'The &quot;MARTA&quot; [1] & &#124; <sea>';
const MARKDOWN = String.raw`The "MARTA" \[1\] & | \<sea>`;
const MARKDOWN_CELL = String.raw`The "MARTA" \[1\] & \| \<sea>`;
const WIKI = 'The "MARTA" 1 & <sea>';

/** What stands there before, and after: `⟪before⟫⟪after⟫`. */
const CHANGE = /⟪([^⟫]*)⟫⟪([^⟫]*)⟫/g;

const attribute = ` alt="${HTML}"`;

const pages: Readonly<Record<string, string>> = {
  'index.html': `\uFEFF<!DOCTYPE html>\r
<html lang="de"><head><title>Der Hafen</title></head><body>\r
<h1>Boote</h1><p>Davor.</p>\r
<img src=img/a.png⟪⟫⟪${attribute}⟫>\r
<IMG SRC='img/b.png'⟪⟫⟪${attribute.replace('alt', 'ALT')}⟫>\r
<img src="img/c.png" ALT title="alt='no'">\r
<img src="img/c.png" title="alt='no'"⟪⟫⟪X⟫>\r
<p>One</p><img src=img/a.png⟪⟫⟪${attribute}⟫><p>Two</p><img src=img/b.png⟪⟫⟪${attribute}⟫>\r
<button><img src=img/c.png⟪⟫⟪${attribute}⟫></button><h2>Drei</h2><img src=img/d.png⟪⟫⟪${attribute}⟫>\r
<img alt='⟪photo of⟫⟪${SINGLE}⟫' src="img/d.png?v=1#x">\r
<img data-x="a>b" alt=⟪image⟫⟪"${HTML}"⟫ src="img/e%20f.png"/>\r
<img alt="⟪IMG_2031⟫⟪${HTML}⟫" src=img/a.png>\r
<img alt="">\r
<img src="img/b.png" alt=""><img src="img/b.png" alt="Ein rotes Boot">\r
<picture><source srcset="img/none.png 1x, img/c.png 2x"><img src="img/d.png"⟪⟫⟪${attribute}⟫></picture>\r
<img srcset="img/a.png 100w, img/b.png 2000w"⟪⟫⟪X⟫>\r
<figure><img src="img/a.png"⟪⟫⟪${attribute}⟫><figcaption>Die MARTA</figcaption></figure>\r
<a href="/boats"><img src="/img/b.png"⟪⟫⟪${attribute}⟫></a>\r
<input type=image src=img/c.png⟪⟫⟪${attribute}⟫><input type=text>\r
<img src=img/d.png usemap=#m alt="Eine Karte"><map name=m><area⟪⟫⟪${attribute}⟫ shape=rect coords=0,0,9,9 href=x></map>\r
<svg⟪⟫⟪ aria-label="${HTML}"⟫ role="img" viewBox="0 0 8 8"><rect width="8" height="8"/></svg><svg><path/></svg>\r
<!-- <img src=img/a.png> --><noscript><img src=img/a.png⟪⟫⟪${attribute}⟫></noscript>\r
<template><img src=img/a.png></template><script>x = "<img src=img/a.png>"</script>\r
<pre>&lt;img src=img/a.png></pre><img src="{{ page.image }}"><img src=img/a.png alt="{{ x }}">\r
<!-- gemini-image-ignore --><img src=img/a.png>\r
<img src="data:image/gif;base64,R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs="⟪⟫⟪${attribute}⟫>\r
</body>`,
  'docs/page.md': `---
title: "Boote"
lang: fr
image: ../img/a.png # its picture⟪⟫⟪
image_alt: ${JSON.stringify(ALT)}⟫
cover:
  src: ../img/b.png
  alt: ⟪photo⟫⟪${JSON.stringify(ALT)}⟫
---
# Boats

![⟪⟫⟪${MARKDOWN}⟫](../img/a.png) and ![⟪image⟫⟪${MARKDOWN}⟫](<../img/e f.png> "b \\"c") and ![A \\[boat\\]](../img/a.png)
and ![⟪⟫⟪${MARKDOWN}⟫][shared], again ![⟪Photo of⟫⟪${MARKDOWN}⟫][shared], ![⟪photo][]⟫⟪${MARKDOWN}][photo]⟫, ![⟪photo]⟫⟪${MARKDOWN}][photo]⟫.

1. > - ![⟪⟫⟪${MARKDOWN}⟫](../img/b.png)

| a | b |
|---|---|
| ![⟪⟫⟪${MARKDOWN_CELL}⟫](../img/c.png) | <img src="../img/d.png"⟪⟫⟪ alt="${CELL}"⟫> |

[![⟪⟫⟪${MARKDOWN}⟫](../img/a.png)](https://example.com/boats) \\![no](../img/a.png)

    ![no](../img/a.png)

\`![no](../img/a.png)\` <!-- ![no](../img/a.png) -->

\`\`\`html
<img src="../img/a.png">
\`\`\`

<p align="center">
  <img src='../img/b.png'⟪⟫⟪${attribute}⟫ width=9>
</p>

![[c.png⟪⟫⟪|${WIKI}⟫]] and ![[../img/d.png⟪|300⟫⟪|${WIKI}|300⟫]] and ![[note]]

<!-- gemini-image-ignore -->
![](../img/a.png)

[shared]: ../img/d.png "Title"
[photo]: ../img/b.png
`,
  'docs/page.mdx': `import { Image } from 'astro:assets'

export const size = 3

# Boats {size}

<Image src="../img/a.png"⟪⟫⟪${attribute}⟫ width={size} />

{/* <img src="../img/a.png" /> */}

<img src={size} /> <img {...size} src="../img/a.png" /> text <img src="../img/b.png"⟪⟫⟪${attribute}⟫/>

![⟪⟫⟪${MARKDOWN}⟫](../img/c.png) {size > 2 && <img src="../img/a.png" />}
`,
  'src/App.tsx': `type Props = { a: Array<string> };
export const App = ({ a }: Props) => (
  <main>
    {/* <img src="../img/a.png" /> */}
    <h1>Boats</h1>
    <img src="../img/a.png"⟪⟫⟪${attribute}⟫ className={a[0]} />
    <Image src={'../img/b.png'}⟪⟫⟪${attribute}⟫ />
    <img src={a[0]} /> <img src="../img/c.png" alt={a[1]} />
  </main>
);
`,
  'src/a.vue': `<script setup>const a = '<img src="x.png">'</script>
<template>
  <img :src="a"><img src="../img/a.png"⟪⟫⟪${attribute}⟫ :class="{ a: b > 2 }">
</template>
`,
  'src/a.svelte': `<script>let src = '<img src="x.png">';</script>
<img {src}><img class={a > 2 ? 'b' : "c"} src="../img/a.png"⟪⟫⟪${attribute}⟫>
`,
  'src/a.astro': `---
const a = '<img src="x.png">';
---
<Image src="../img/a.png"⟪⟫⟪${attribute}⟫ />{a && <img src="../img/b.png"⟪⟫⟪${attribute}⟫ />}
`,
};

const withoutMarks = (text: string, which: 1 | 2) =>
  text.replace(CHANGE, (_whole, before: string, after: string) => (which === 1 ? before : after));

export interface Site {
  readonly folder: string;
  /** The pages as they are, and as they are to be. */
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

export function makeSite(): Site {
  const folder = temporaryFolder();
  const write = (name: string, content: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  const map = (which: 1 | 2) =>
    Object.fromEntries(
      Object.entries(pages).map(([name, text]) => {
        const odd = text
          .replace(/<img srcset="([^"]*)"⟪⟫⟪X⟫>/, `<img⟪⟫⟪${attribute}⟫ srcset="$1">`)
          .replace(/(src="img\/c.png") (title="alt='no'")⟪⟫⟪X⟫/, `$1⟪⟫⟪${attribute}⟫ $2`);
        return [name, withoutMarks(odd, which)];
      }),
    );
  const before = map(1);
  for (const [name, text] of Object.entries(before)) write(name, text);
  mkdirSync(join(folder, 'img'));
  for (const name of ['a.png', 'b.png', 'c.png', 'd.png', 'e f.png']) {
    copyFileSync(fixture('small.png'), join(folder, 'img', name));
  }
  return { folder, before, after: map(2) };
}
