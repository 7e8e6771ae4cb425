/** The examples of README, docs and help work in cmd.exe too, which knows double quotes only. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folders = ['docs', 'src/commands'] as const;
const files = [
  'README.md',
  ...folders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)),
].filter((path) => /\.(?:md|ts)$/.test(path));

/** An argument in single quotes that double quotes would do as well for. */
const IN_SINGLE_QUOTES = /(?<=[ =])'[^'"$!`\\]+'(?=$|[ \\`;|)])/;

test.each(files)('%s', (path) => {
  const examples = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /gemini-image [a-z]/.test(line) && !line.includes('jq'));
  expect(examples.filter((line) => IN_SINGLE_QUOTES.test(line))).toEqual([]);
});
