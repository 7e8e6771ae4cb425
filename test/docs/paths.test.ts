/** What the documents say of the house leads to files that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'],
  ...readdirSync('docs/decisions').map((name) => `docs/decisions/${name}`),
];
const folders = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Names of files and folders in code style, such as `run/run.ts`, `src/tasks/` or `npm run x`. */
const CODE = /`([\w./-]+\/[\w.-]*)`/g;

/** Where a name leads: into src, unless it begins with another folder of the repository. */
function placeOf(name: string): string | undefined {
  const [first = ''] = name.split('/');
  if (folders.includes(first)) return join('src', name);
  return ['src', 'test', 'docs', 'scripts', 'bench', 'fixtures'].includes(first) ? name : undefined;
}

/** The names in a text that lead to no file. */
function lostIn(text: string): string[] {
  return [...text.matchAll(CODE)].flatMap(([, name = '']) => {
    const place = placeOf(name);
    return place === undefined || existsSync(place) ? [] : [name];
  });
}

test.each(documents)('every path in %s is there', (document) => {
  expect(lostIn(readFileSync(document, 'utf8'))).toEqual([]);
});

test('a path that leads nowhere is found', () => {
  const text = 'See `run/run.ts`, `run/walk.ts`, `src/nothere/`, `test/docs/` and `npm/x`.';
  expect(lostIn(text)).toEqual(['run/walk.ts', 'src/nothere/']);
});

test.each(documents)('every link in %s leads to a file', (document) => {
  const text = readFileSync(document, 'utf8');
  const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(
    ([, target = '']) => target,
  );
  expect(links.filter((target) => !existsSync(join(dirname(document), target)))).toEqual([]);
});
