// A release in one command: `npm run release -- 0.2.0`. It checks that everything is ready, gives the
// package its version and the changelog its date, runs all tests, packs twice and compares, commits and tags.
// What it did stays here until it is pushed, which starts the workflow that publishes.
//
//   --dry-run        says what would happen, and changes nothing
//   --check <tag>    only: is the tag the version of the package, with a section in the changelog?
//   --notes <tag>    only: prints that section
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const write = (name, text) => writeFileSync(new URL(`../${name}`, import.meta.url), text);
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const VERSION = /^\d+\.\d+\.\d+(?:-[0-9a-z.-]+)?$/i;

class NotReady extends Error {}

/** The section of a version in the changelog, without its heading. */
function notesOf(version) {
  const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')} - \\d{4}-\\d{2}-\\d{2}$`, 'm');
  const [, behind] = read('CHANGELOG.md').split(heading);
  if (behind === undefined)
    throw new NotReady(`CHANGELOG.md has no section "## ${version} - <date>"`);
  return behind.split(/^## /m)[0].trim();
}

function check(tag) {
  const { version } = JSON.parse(read('package.json'));
  if (tag !== `v${version}`) throw new NotReady(`the tag ${tag} is not the version ${version}`);
  if (notesOf(version) === '') throw new NotReady(`CHANGELOG.md says nothing about ${version}`);
}

/** The changelog with what was unreleased under a version; unchanged if the version is there. */
function releasedChangelog(version, day) {
  const text = read('CHANGELOG.md');
  if (text.includes(`\n## ${version} - `)) return text;
  const [before, rest] = text.split('\n## Unreleased\n');
  const [news, ...older] = rest?.split(/(?=^## )/m) ?? [];
  if (!/^[-*] /m.test(news ?? ''))
    throw new NotReady('CHANGELOG.md has nothing under "Unreleased"');
  const unreleased = '\n## Unreleased\n\nNothing yet.\n';
  return `${before}${unreleased}\n## ${version} - ${day}\n${news}${older.join('')}`;
}

/** The action installs the version that it is tagged with. */
function actionOf(version) {
  return read('action/action.yml').replace(
    /(\n {2}version:\n(?: {4}.*\n)*? {4}default: )\S+/,
    `$1${version}`,
  );
}

function release(version, { dryRun }) {
  if (!VERSION.test(version ?? '')) throw new NotReady('name a version, such as 0.2.0');
  if (git('status', '--porcelain') !== '') throw new NotReady('the work tree has changes');
  if (git('tag', '--list', `v${version}`) !== '')
    throw new NotReady(`v${version} is there already`);
  const changelog = releasedChangelog(version, new Date().toISOString().slice(0, 10));
  const steps = [
    [
      'give the package its version',
      () => npm('version', version, '--no-git-tag-version', '--allow-same-version'),
    ],
    ['give the action its version', () => write('action/action.yml', actionOf(version))],
    ['give the changelog its date', () => write('CHANGELOG.md', changelog)],
    ['list the licences of all dependencies', () => npm('run', 'licences')],
    ['run all tests', () => npm('test')],
    ['pack twice, and compare', () => npm('run', 'pack')],
    ['commit, if anything changed', () => commit(version)],
    ['tag', () => git('tag', '--annotate', `v${version}`, '--message', `gemini-image ${version}`)],
  ];
  for (const [what, act] of steps) {
    console.log(`${dryRun ? 'would ' : ''}${what}`);
    if (!dryRun) act();
  }
  console.log(`Then: git push --follow-tags, and the workflow publishes v${version}.`);
}

function npm(...args) {
  const isWindows = process.platform === 'win32';
  execFileSync(isWindows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    stdio: 'inherit',
    shell: isWindows,
  });
}

function commit(version) {
  git(
    'add',
    'package.json',
    'package-lock.json',
    'CHANGELOG.md',
    'THIRD_PARTY.md',
    'action/action.yml',
  );
  if (git('status', '--porcelain') !== '') git('commit', '--message', `release: ${version}`);
}

const { values, positionals } = parseArgs({
  options: {
    check: { type: 'string' },
    notes: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

try {
  if (values.check !== undefined) check(values.check);
  else if (values.notes !== undefined) console.log(notesOf(values.notes.replace(/^v/, '')));
  else release(positionals[0], { dryRun: values['dry-run'] });
} catch (error) {
  if (!(error instanceof NotReady)) throw error;
  console.error(`not ready: ${error.message}`);
  process.exitCode = 1;
}
