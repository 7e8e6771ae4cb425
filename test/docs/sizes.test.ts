import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { installedParts, LIMIT_MB, totalOf } from '../../scripts/installed.mjs';

const DECISION = 'docs/decisions/0003-dependencies.md';
/** In MB: what a new version of something may add before its row has to be looked at again. */
const ROUGHLY = 0.3;

const parts = installedParts('.');
const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const direct = Object.keys({ ...dependencies, ...optionalDependencies });

test('what npm installs by default takes less than 45 MB on the disk', () => {
  const largest = parts.slice(0, 5).map(({ name, mb }) => `${name} ${mb.toFixed(1)}`);
  const total = totalOf(parts);
  expect(
    total,
    `it takes ${total.toFixed(1)} MB, most of it ${largest.join(', ')}. What is large and for a few is added by the user, when a message names it; npm run sizes lists all of it`,
  ).toBeLessThan(LIMIT_MB);
});

test('every dependency is there to be measured', () => {
  const missing = Object.keys(dependencies).filter((name) => !existsSync(`node_modules/${name}`));
  expect(missing).toEqual([]);
  expect(parts.map(({ name }) => name)).toEqual(expect.arrayContaining(direct));
});

test('the decision says what each part costs and why it stays, as npm run sizes prints it', () => {
  const [, section = ''] = readFileSync(DECISION, 'utf8').split('## What an installation takes\n');
  const rows = section
    .split('\n## ')[0]
    ?.split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| part ') && !/^\| -/.test(line))
    .map((line) => line.split('|').map((cell) => cell.replace(/[`*]/g, '').trim()))
    .map(([, name = '', mb, why]) => ({ name, mb: Number(mb), why }));
  const table = new Map(rows?.map((row) => [row.name, row]));
  const all = table.get('all');
  table.delete('all');
  expect([...table.keys()].sort()).toEqual(parts.map(({ name }) => name).sort());
  expect([...table.values()].filter(({ why }) => why === '')).toEqual([]);
  // Sizes are those of one system; on others, builds for them are installed.
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const off = parts.filter(({ name, mb }) => Math.abs((table.get(name)?.mb ?? 0) - mb) > ROUGHLY);
  expect(off, `rows of ${DECISION} that are no longer right`).toEqual([]);
  expect(Math.abs((all?.mb ?? 0) - totalOf(parts)), `its sum`).toBeLessThan(3 * ROUGHLY);
});
