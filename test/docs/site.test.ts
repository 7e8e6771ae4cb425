/** The site of the documentation is made of every page, and each of its links leads somewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';

test('every page is on the site, and every link leads somewhere', () => {
  const folder = join(temporaryFolder(), 'site');
  const said = execFileSync(process.execPath, ['scripts/site.mjs', folder], { encoding: 'utf8' });
  expect(said).toMatch(/^\d+ pages, \d+ sections to search, in /);
  for (const name of readdirSync('docs').filter((one) => one.endsWith('.md'))) {
    const file = name === 'README.md' ? 'contents.html' : name.replace(/\.md$/, '.html');
    expect(existsSync(join(folder, file)), file).toBe(true);
  }
  expect(readFileSync(join(folder, 'search.js'), 'utf8')).toContain('"exit-codes.html#exit-codes"');
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).not.toMatch(
    /<script(?! src="search.js")/,
  );
});

test('each page has a title of its own, and each decision a number', () => {
  const pages = readdirSync('docs').filter((one) => one.endsWith('.md'));
  const titles = pages.map((page) => readFileSync(join('docs', page), 'utf8').split('\n')[0]);
  expect(new Set(titles).size).toBe(pages.length);
  // One word is found on every other page, too.
  expect(titles.filter((title) => !/^# \S+ \S+/.test(title ?? ''))).toEqual([]);
  const decisions = readdirSync('docs/decisions');
  expect(new Set(decisions.map((name) => name.slice(0, 4))).size).toBe(decisions.length);
});
