// Makes a site of the documentation in site/: a page for each of docs/*.md and for the README, with a table of
// contents and a search that needs no server. Every link and every anchor within is checked; a broken
// one fails it. `npm run site`, then open site/index.html.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const read = (name) => readFileSync(path(name), 'utf8');
const OUT = process.argv[2] ?? path('site');

/** The pages by the names of their files: where they come from, and what they are called. */
const pages = new Map([
  ['index.html', { source: 'README.md' }],
  ['contents.html', { source: 'docs/README.md' }],
  ...readdirSync(path('docs'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => [name.replace(/\.md$/, '.html'), { source: `docs/${name}` }]),
  ...readdirSync(path('docs/decisions')).map((name) => [
    `decision-${name.replace(/\.md$/, '.html')}`,
    { source: `docs/decisions/${name}` },
  ]),
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'THIRD_PARTY.md'].map((name) => [
    `${name.replace(/\.md$/, '').toLowerCase()}.html`,
    { source: name },
  ]),
]);
const fileOf = new Map([...pages].map(([file, { source }]) => [source, file]));
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const anchor = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** What is linked and is no page: it is copied, or named as a file of the repository. */
const copied = new Set();
const problems = [];

/** Where a link of a page leads on the site; undefined if it leads to a file that is no part of it. */
function leadsTo(href, source) {
  if (/^[a-z]+:/i.test(href)) return href;
  const [target, fragment] = href.split('#');
  const base = new URL(source, 'file:///');
  const found = target === '' ? source : decodeURI(new URL(target, base).pathname.slice(1));
  const file = fileOf.get(found);
  if (file) return fragment === undefined ? file : `${file}#${fragment}`;
  if (/\.(?:png|jpg|svg)$/.test(found)) {
    copied.add(found);
    return found;
  }
  return undefined;
}

function render(source) {
  const anchors = new Map();
  const headings = [];
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        const text = html
          .replace(/<[^>]*>/g, '')
          .replaceAll('&quot;', '"')
          .replaceAll('&amp;', '&');
        const base = anchor(text);
        const count = anchors.get(base) ?? 0;
        anchors.set(base, count + 1);
        const id = count === 0 ? base : `${base}-${count}`;
        headings.push({ depth, text, id });
        return `<h${depth} id="${id}">${html}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const html = this.parser.parseInline(tokens);
        const to = leadsTo(href, source);
        return to === undefined ? html : `<a href="${escaped(to)}">${html}</a>`;
      },
      image({ href, text }) {
        return `<img src="${escaped(leadsTo(href, source) ?? href)}" alt="${escaped(text)}">`;
      },
    },
  });
  const html = marked.parse(read(source));
  return { html, headings, title: headings[0]?.text ?? source };
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dde3, #363c44); --soft: light-dark(#f4f6f8, #1d2126);
  --text: light-dark(#1c2127, #dfe4ea); --link: light-dark(#0b57b0, #8ab8ff); --back: light-dark(#fff, #14171b); }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; color: var(--text); background: var(--back) }
.page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 78rem; margin: auto }
nav { padding: 1.5rem 1rem; border-right: 1px solid var(--line); height: 100vh; position: sticky; top: 0; overflow: auto }
nav a, nav strong { display: block; padding: .15rem .4rem; text-decoration: none; border-radius: 4px }
nav strong { margin-top: 1rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; opacity: .75 }
nav a[aria-current] { background: var(--soft); font-weight: 600 }
main { padding: 1.5rem 2rem 4rem; min-width: 0 }
a { color: var(--link) } a:focus-visible, input:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
h1 { line-height: 1.25 } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem }
code { font: .875em/1.5 ui-monospace, monospace; background: var(--soft); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere }
pre { background: var(--soft); padding: 1rem; overflow: auto; border-radius: 6px } pre code { padding: 0; overflow-wrap: normal }
table { border-collapse: collapse; display: block; overflow: auto } th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top }
td:first-child { min-width: 9rem } img { max-width: 100%; height: auto; border-radius: 6px }
input { width: 100%; padding: .4rem .5rem; font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: 6px }
#found { margin: .5rem 0 } #found a { font-size: .9rem }
@media (max-width: 50rem) { .page { display: block } nav { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line) } nav .list { display: none } main { padding: 1rem } }
`;

const SEARCH = `
const box = document.querySelector('#search'), found = document.querySelector('#found');
box.addEventListener('input', () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const hits = words.length === 0 ? [] : INDEX.filter(([, , text]) => words.every((word) => text.includes(word)))
    .map((hit) => [words.filter((word) => hit[1].toLowerCase().includes(word)).length, hit])
    .sort(([one], [other]) => other - one).slice(0, 12);
  found.replaceChildren(...hits.map(([, [href, title]]) => Object.assign(document.createElement('a'), { href, textContent: title })));
  if (words.length > 0 && hits.length === 0) found.textContent = 'Nothing found.';
});
`;

const rendered = new Map([...pages].map(([file, { source }]) => [file, render(source)]));

/** The groups of the table of contents, as docs/README.md has them. */
function navigation(current) {
  const groups = read('docs/README.md').split(/^## /m).slice(1);
  const link = (file, name) =>
    `<a href="${file}"${file === current ? ' aria-current="page"' : ''}>${escaped(name)}</a>`;
  const lists = groups.map((group) => {
    const [title] = group.split('\n', 1);
    const links = [...group.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].flatMap(([, name, target]) => {
      const file = leadsTo(target, 'docs/README.md');
      return file === undefined ? [] : [link(file, name)];
    });
    return `<strong>${escaped(title)}</strong>${links.join('')}`;
  });
  return `${link('index.html', 'gemini-image')}${link('contents.html', 'Contents')}<div class="list">${lists.join('')}</div>`;
}

/** The words of each section, for the search. */
const index = [...rendered].flatMap(([file, { html, title }]) =>
  html.split(/(?=<h[1-3] id=)/).flatMap((part) => {
    const [, id, heading] = /^<h[1-3] id="([^"]*)">(.*?)<\/h/.exec(part) ?? [];
    if (id === undefined) return [];
    const plain = (text) =>
      text
        .replace(/<[^>]*>/g, ' ')
        .replaceAll('&quot;', '"')
        .replace(/\s+/g, ' ');
    const name = plain(heading).trim();
    return [
      [`${file}#${id}`, name === title ? name : `${title}: ${name}`, plain(part).toLowerCase()],
    ];
  }),
);

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const [file, { html, title }] of rendered) {
  const name =
    file === 'index.html'
      ? 'gemini-image: pictures to text from a shell'
      : `${title} · gemini-image`;
  writeFileSync(
    `${OUT}/${file}`,
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)}</title>
<link rel="stylesheet" href="style.css">
<div class="page">
<nav aria-label="Pages"><label for="search">Search</label><input id="search" type="search" autocomplete="off"><div id="found" role="status"></div>${navigation(file)}</nav>
<main>${html}</main>
</div>
<script src="search.js"></script>
</html>
`,
  );
  for (const [, href] of html.matchAll(/<a href="([^"]+)"/g)) {
    if (/^[a-z]+:/i.test(href)) continue;
    const [target, fragment] = href.split('#');
    const page = rendered.get(target);
    if (!page && !copied.has(target))
      problems.push(`${pages.get(file).source}: ${href} leads nowhere`);
    if (page && fragment && !page.headings.some(({ id }) => id === fragment)) {
      problems.push(`${pages.get(file).source}: ${href} names no heading`);
    }
  }
}
writeFileSync(`${OUT}/style.css`, STYLE);
writeFileSync(`${OUT}/search.js`, `const INDEX = ${JSON.stringify(index)};${SEARCH}`);
for (const name of copied) cpSync(path(name), `${OUT}/${name}`, { recursive: true });
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${rendered.size} pages, ${index.length} sections to search, in ${OUT}`);
