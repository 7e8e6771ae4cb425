/** The inputs of html5lib's tests: after an edit, only alternative texts differ. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crash, trouble } from './trouble.js';

/** A checkout of html5lib-tests, or the copy in Debian's golang-golang-x-net-dev. */
const FOLDERS = [
  join(process.env.HTML5LIB_TESTS ?? '', 'tree-construction'),
  '/usr/share/gocode/src/golang.org/x/net/html/testdata/webkit',
];
const folder = FOLDERS.find((one) => existsSync(join(one, 'tests1.dat')));
if (folder === undefined) {
  console.warn(
    'skipped: the 1,500 inputs of html5lib. apt-get install golang-golang-x-net-dev has them, or set ' +
      'HTML5LIB_TESTS to a checkout of html5lib-tests',
  );
}

/** The pages of all tests, as they are given to a parser. */
function inputsIn(path: string): string[] {
  const files = readdirSync(path).filter((name) => name.endsWith('.dat'));
  return files.flatMap((name) =>
    readFileSync(join(path, name), 'utf8')
      .split(/^#data\n/m)
      .slice(1)
      .map((part) => part.slice(0, part.indexOf('\n#errors'))),
  );
}

test.skipIf(folder === undefined)(
  'the inputs of html5lib',
  async () => {
    const inputs = inputsIn(folder ?? '');
    expect(inputs.length).toBeGreaterThan(1000);
    const found: string[] = [];
    for (const [at, input] of inputs.entries()) {
      const withImage = `<img src=a.png>${input}`;
      const page = [input, withImage, `${input}<img src=a.png alt=x>`][at % 3] ?? '';
      const problem = await trouble('a.html', page);
      if (problem !== undefined) found.push(problem);
      // In other kinds of pages it is broken in another way.
      await crash(['a.vue', 'a.svelte', 'a.astro', 'a.md'][at % 4] ?? '', withImage);
    }
    expect(found).toEqual([]);
  },
  90_000,
);
