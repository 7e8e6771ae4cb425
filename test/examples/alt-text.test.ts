/** The recipes that look for alternative texts, run as their tools run them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BIN, REPOSITORY } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';

const example = (path: string) => join(REPOSITORY, 'examples', path);
const WITHOUT = '# A page\n\n![](a.png)\n';
const WITH = '# A page\n\n![A harbour at dusk](a.png)\n';

/** A repository with a page that is staged, and the command on the path as npm puts it there. */
function repository(page: string) {
  const folder = temporaryFolder();
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  const start = `exec "${process.execPath}" "${BIN}"`;
  const programs = {
    'gemini-image': `#!/bin/sh\n${start} "$@"\n`,
    npx: `#!/bin/sh\nwhile [ "$1" != gemini-image ]; do shift; done\nshift\n${start} "$@"\n`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: folder };
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, env, encoding: 'utf8' });
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'Ann');
  git('config', 'user.email', 'ann@example.com');
  git('commit', '--quiet', '--allow-empty', '--message', 'begin');
  writeFileSync(join(folder, 'a page.md'), page);
  writeFileSync(join(folder, 'note.txt'), 'No page.\n');
  git('add', '.');
  const run = (program: string, args: string[], more: Record<string, string> = {}) =>
    spawnSync(program, args, { cwd: folder, env: { ...env, ...more }, encoding: 'utf8' });
  return { folder, git, run };
}

describe('the hook of Git', () => {
  test.each([
    ['refuses a page without a text', WITHOUT, 1],
    ['takes one with a text', WITH, 0],
  ])('%s', (_, page, code) => {
    const { folder, run } = repository(page);
    cpSync(example('git-hooks/pre-commit'), join(folder, '.git/hooks/pre-commit'));
    const { status, stderr, stdout } = run('git', ['commit', '--quiet', '--message', 'page']);
    expect(status).toBe(code);
    if (code === 1) expect(stdout + stderr).toContain('a page.md:3:1');
  });

  test('has nothing to say about other files', () => {
    const { folder, git, run } = repository(WITHOUT);
    git('rm', '--quiet', '--cached', 'a page.md');
    cpSync(example('git-hooks/pre-commit'), join(folder, '.git/hooks/pre-commit'));
    expect(run('git', ['commit', '--quiet', '--message', 'note']).status).toBe(0);
  });
});

test('the hook of pre-commit names the pages behind its entry', () => {
  const config = parse(readFileSync(example('git-hooks/.pre-commit-config.yaml'), 'utf8'));
  const { entry, files } = config.repos[0].hooks[0];
  expect('a page.md').toMatch(new RegExp(files));
  expect('note.txt').not.toMatch(new RegExp(files));
  const [program, ...args] = entry.split(' ');
  expect(repository(WITHOUT).run(program, [...args, 'a page.md']).status).toBe(1);
  expect(repository(WITH).run(program, [...args, 'a page.md']).status).toBe(0);
});

test.each([
  [WITHOUT, 1],
  [WITH, 0],
])('lint-staged runs it over what is staged, %#', (page, code) => {
  const { folder, run } = repository(page);
  cpSync(example('lint-staged/package.json'), join(folder, 'package.json'));
  const program = join(REPOSITORY, 'node_modules/lint-staged/bin/lint-staged.js');
  const { status, stdout, stderr } = run(process.execPath, [program, '--no-stash']);
  expect(status).toBe(code);
  if (code === 1) expect(stdout + stderr).toContain('a page.md:3:1');
});

test('the job of GitLab writes a report of what a merge request changes', () => {
  const { folder, git, run } = repository(WITHOUT);
  const base = git('rev-parse', 'HEAD').trim();
  git('commit', '--quiet', '--message', 'page');
  const { script } = parse(readFileSync(example('gitlab/.gitlab-ci.yml'), 'utf8'))['alt-text'];
  const { status } = run('bash', ['-e', '-c', script.join('\n')], {
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  });
  expect(status).not.toBe(0);
  const report = readFileSync(join(folder, 'alt-text.xml'), 'utf8');
  expect(report).toContain('<failure');
  expect(report).toContain('a page.md');
});

test.each([
  ['eleventy', ['.', '--root', '.'], ['./index.md:11:1', './posts/first.md:9:3']],
  [
    'astro',
    ['src', '--root', 'public'],
    ['src/content/post.mdx:7:1', 'src/pages/index.astro:11:17'],
  ],
  [
    'docusaurus',
    ['docs', 'src', '--root', 'static'],
    ['docs/intro.md:10:1', 'src/pages/index.tsx:10:9'],
  ],
])('what is missing in a site of %s is found', async (name, args, places) => {
  const cwd = example(`sites/${name}`);
  const { code, stdout } = await runInProcess(['alt', '--check', ...args], { cwd });
  const found = stdout.split('\n').filter((line) => /^\S+:\d+:\d+/.test(line));
  expect(found.map((line) => /^\S+:\d+:\d+/.exec(line)?.[0])).toEqual(places);
  expect(code).toBe(1);
});

test('the documentation shows the recipes as they are', () => {
  const text = readFileSync('docs/alt-text-in-ci.md', 'utf8');
  const { 'lint-staged': config } = JSON.parse(
    readFileSync(example('lint-staged/package.json'), 'utf8'),
  );
  for (const [files, command] of Object.entries(config)) {
    expect(text).toContain(`"${files}": "${command}"`);
  }
  const { inputs } = parse(readFileSync('action/action.yml', 'utf8'));
  for (const name of Object.keys(inputs)) expect(text).toContain(`| \`${name}\` |`);
});
