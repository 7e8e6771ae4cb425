/** The command that makes a release, in a repository of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';

const CHANGELOG = `# Changelog

## Unreleased

### Added

- A thing.

## 0.1.0 - 2026-11-28

- The first.
`;

/** A repository with the script, and a package whose tests and packing only leave a trace. */
function repository(changelog = CHANGELOG) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'scripts'));
  cpSync('scripts/release.mjs', join(folder, 'scripts/release.mjs'));
  const trace = (word: string) => `node -e "require('fs').appendFileSync('.git/trace','${word} ')"`;
  const scripts = { test: trace('test'), pack: trace('pack'), licences: trace('licences') };
  const manifest = { name: 'example', version: '0.1.0', type: 'module', scripts };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({
      name: 'example',
      version: '0.1.0',
      lockfileVersion: 3,
      packages: { '': { name: 'example', version: '0.1.0' } },
    }),
  );
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  writeFileSync(join(folder, 'THIRD_PARTY.md'), '');
  cpSync('action/action.yml', join(folder, 'action/action.yml'));
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'Ann');
  git('config', 'user.email', 'ann@example.com');
  git('add', '.');
  git('commit', '--quiet', '--message', 'all');
  const release = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/release.mjs', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { folder, git, release, read };
}

test('gives the version and the date, tests, packs, commits and tags', () => {
  const { git, release, read } = repository();
  expect(release('0.2.0')).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(read('package.json')).version).toBe('0.2.0');
  expect(read('action/action.yml')).toContain('    default: 0.2.0\n');
  expect(read('CHANGELOG.md')).toMatch(
    /^# Changelog\n\n## Unreleased\n\nNothing yet\.\n\n## 0\.2\.0 - \d{4}-\d\d-\d\d\n\n### Added\n\n- A thing\.\n\n## 0\.1\.0/,
  );
  expect(read('.git/trace').trim().split(' ')).toEqual(['licences', 'test', 'pack']);
  expect(git('log', '-1', '--format=%s')).toBe('release: 0.2.0');
  expect(git('tag', '--points-at', 'HEAD')).toBe('v0.2.0');
  expect(git('status', '--porcelain')).toBe('');
  expect(release('--check', 'v0.2.0').status).toBe(0);
  expect(release('--notes', 'v0.2.0').stdout).toBe('### Added\n\n- A thing.\n');
});

test('a dry run changes nothing', () => {
  const { git, release } = repository();
  const { status, stdout } = release('0.2.0', '--dry-run');
  expect(status).toBe(0);
  expect(stdout).toContain('would run all tests');
  expect([git('tag'), git('status', '--porcelain')]).toEqual(['', '']);
});

test.each([
  ['no version', [], /name a version/],
  ['a word', ['next'], /name a version/],
  ['a tag of another version', ['--check', 'v0.3.0'], /v0\.3\.0 is not the version 0\.1\.0/],
  ['a version without notes', ['--notes', 'v9.9.9'], /no section/],
])('%s is refused in one line', (_, args, words) => {
  const { status, stderr } = repository().release(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(words);
  expect(stderr.trim()).not.toContain('\n');
});

test('changes in the work tree, a tag that is there, and nothing new are refused', () => {
  const dirty = repository();
  writeFileSync(join(dirty.folder, 'more.txt'), '');
  expect(dirty.release('0.2.0').stderr).toContain('the work tree has changes');
  const tagged = repository();
  tagged.git('tag', 'v0.2.0');
  expect(tagged.release('0.2.0').stderr).toContain('v0.2.0 is there already');
  const idle = repository(CHANGELOG.replace(/### Added\n\n- A thing\./, 'Nothing yet.'));
  expect(idle.release('0.2.0').stderr).toContain('nothing under "Unreleased"');
});
