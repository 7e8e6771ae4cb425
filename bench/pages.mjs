// Makes pages of Markdown as sites have them: `node pages.mjs <folder> <number>`
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', number = '0'] = process.argv.slice(2);
const WORDS =
  'harbour boat lighthouse crew quay tide rope sail morning fog north wind captain deck anchor'.split(
    ' ',
  );
/** In each section, one of these. */
const MORE = [
  '```js\nconst boats = 1;\n\nexport function crew() {\n  return boats;\n}\n```\n',
  '- one [link](https://example.com/a)\n- two `code`\n- three\n',
  '> A quotation with **bold** words and an [address](/tides).\n',
  '| boat | crew |\n| --- | --- |\n| Marta | 4 |\n',
];
const SIZE = 4000;

let seed = 5;
const chance = (below) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
};
const sentence = () =>
  `${Array.from({ length: 8 + chance(8) }, () => WORDS[chance(WORDS.length)]).join(' ')}.`;
const paragraph = () => Array.from({ length: 3 + chance(4) }, sentence).join(' ');

/** Each page has three images: one without a text, one with a placeholder, one with a text. */
function page(at) {
  const alts = ['', 'image', 'A red boat at the quay'];
  let text = `---\ntitle: Page ${at}\n---\n\n# Page ${at}\n\n`;
  for (let section = 0; text.length < SIZE; section += 1) {
    text += `## Section ${section}\n\n${paragraph()}\n\n${MORE[section % MORE.length]}\n`;
    const alt = alts[section];
    if (alt !== undefined) text += `![${alt}](img/${at}-${section}.png)\n\n${paragraph()}\n\n`;
  }
  return text;
}

for (let at = 0; at < Number(number); at += 1) {
  const part = join(folder, `part-${at % 20}`);
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, `page-${at}.md`), page(at));
}
