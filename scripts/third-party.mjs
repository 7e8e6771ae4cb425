// Writes THIRD_PARTY.md: under which licences the packages stand that are installed along, and what
// lies inside of those that hold compiled libraries or fonts. `--print` prints it instead.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

/**
 * What a package's own manifest does not say, or says wrongly. `proof` has to stand in a file of the
 * package, so that a new version which changes it is noticed.
 */
const CORRECTIONS = {
  '@fontsource/dejavu-sans': {
    licence: 'Bitstream Vera Fonts Copyright; Arev Fonts Copyright; changes in the public domain',
    note: 'The outlines of its bold font are in `assets/label-font.json.gz`, under the Bitstream Vera Fonts Copyright, the Arev Fonts Copyright, and changes in the public domain; the text lies in that file. The manifest of the package names OFL-1.1, which is the licence of other fonts of that publisher; the licence that lies in the package is that of the DejaVu fonts.',
    file: 'LICENSE',
    proof: 'Bitstream Vera Fonts Copyright',
  },
  'libheif-js': {
    licence: 'LGPL-3.0',
    note: 'libheif and libde265, both under LGPL-3.0, compiled to WebAssembly. It is not installed along: users add it to decode HEIC.',
    file: 'LICENSE',
    proof: 'GNU LESSER GENERAL PUBLIC LICENSE',
  },
  preact: {
    licence: 'MIT',
    note: 'It is built into the script of the page of `review`. Copyright (c) 2015-present Jason Miller.',
    file: 'LICENSE',
    proof: 'Copyright (c) 2015-present Jason Miller',
  },
  '@silvia-odwyer/photon-node': {
    licence: 'Apache-2.0',
    note: 'photon and the Rust libraries that it is built of (image, png, rusttype and others), compiled to WebAssembly. Inside lies the font Roboto, © 2011 Google Inc., under Apache-2.0.',
    file: 'LICENSE.md',
    proof: 'Apache License',
  },
};

/** Packages whose code is built into ours, so that nobody installs them. */
const BUILT_IN = ['preact'];

/** @returns by package, in the order of their names: licence, and whether it can be done without. */
function packages() {
  const found = new Map();
  for (const [path, entry] of Object.entries(JSON.parse(read('package-lock.json')).packages)) {
    if (path === '') continue;
    const name =
      entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (entry.dev && !BUILT_IN.includes(name)) continue;
    const licence = CORRECTIONS[name]?.licence ?? entry.license;
    if (!licence) throw new Error(`${path} names no licence`);
    const before = found.get(name) ?? { licences: new Set(), isOptional: true };
    before.licences.add(licence);
    // `devOptional`: what tests need, and an optional package too.
    before.isOptional &&= entry.optional === true || entry.devOptional === true;
    found.set(name, before);
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
}

function checkProofs() {
  for (const [name, { file, proof }] of Object.entries(CORRECTIONS)) {
    if (!read(`node_modules/${name}/${file}`).includes(proof)) {
      throw new Error(`${name}/${file} does not hold "${proof}" any more: look at its licence`);
    }
  }
}

const LIBRARIES = /^\| Library\b.*\n(?:\|.*\n)+/m;

/** The table of what sharp's binaries hold, as the package for this system has it. */
function librariesOfSharp() {
  const folder = 'node_modules/@img/';
  for (const name of readdirSync(new URL(folder, root))) {
    const [table] = LIBRARIES.exec(readOr(`${folder}${name}/README.md`)) ?? [];
    if (table) return table.trim().replace(/ {2,}/g, ' ').replace(/-{4,}/g, '---');
  }
  // Where sharp is not installed, what was known of it stays.
  const [known] = LIBRARIES.exec(readOr('THIRD_PARTY.md')) ?? [];
  if (known) return known.trim();
  throw new Error('sharp is not installed');
}

function readOr(path) {
  try {
    return read(path);
  } catch {
    return '';
  }
}

function text() {
  checkProofs();
  const rows = packages().map(
    ([name, { licences, isOptional }]) =>
      `| ${name} | ${[...licences].join('; ')} | ${isOptional ? 'optional' : ''} |`,
  );
  const notes = Object.entries(CORRECTIONS).map(([name, { note }]) => `- **${name}**: ${note}`);
  return `# Third-party software

<!-- Written by \`npm run licences\`. -->

gemini-image is published under the MIT licence ([LICENSE](LICENSE)). It contains no code of others
but for Preact, in the page of \`review\`, and of others' fonts the outlines in \`assets/\`; npm installs the other packages below along with it, each with its licence in its own folder. Optional ones
are installed where they fit the system, and can be done without.

| package | licence | |
| --- | --- | --- |
${rows.join('\n')}

## What lies inside

${notes.join('\n')}
- **@img/sharp-…** and **@img/sharp-libvips-…**: libvips and the libraries that it uses, compiled for
  one system each, as a shared library that may be replaced by one of your own. How they are built, and
  of which sources, is told at https://github.com/lovell/sharp-libvips.

${librariesOfSharp()}

Libraries under the LGPLv3 are used by the clause "any later version" of the LGPLv2 or LGPLv2.1.
`;
}

if (process.argv.includes('--print')) process.stdout.write(text());
else writeFileSync(fileURLToPath(new URL('THIRD_PARTY.md', root)), text());
