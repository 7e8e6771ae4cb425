/** The action's script: its decisions one by one, then a whole run in a repository with the runner's events. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  aboutEvent,
  diffIn,
  fenced,
  filesFor,
  fittingCommand,
  inParts,
  optionsForCheck,
  wordsOf,
  worst,
} from '../../action/run.mjs';
import { answersBy } from '../pages/answering.js';
import { BIN, REPOSITORY, startProgram } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';

describe('the words of a command', () => {
  test.each([
    ['alt --check', ['alt', '--check']],
    ['  check  --that "no text is cut off" ', ['check', '--that', 'no text is cut off']],
    ['check --that "says \\"stop\\""', ['check', '--that', 'says "stop"']],
    ['alt --context \'of the "boys"\'', ['alt', '--context', 'of the "boys"']],
    ['alt --exclude="a b/**"', ['alt', '--exclude=a b/**']],
    ['', []],
  ])('%s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test('a quote that is not closed is refused', () => {
    expect(() => wordsOf('check --that "no')).toThrow('a quote is not closed');
  });
});

describe('an event', () => {
  const repo = (name: string) => ({ full_name: name });
  const pull = (from: string | null) => ({
    pull_request: {
      base: { sha: 'b'.repeat(40), repo: repo('us/site') },
      head: { sha: 'h'.repeat(40), repo: from === null ? null : repo(from) },
    },
  });

  test.each([
    ['us/site', false],
    ['them/site', true],
    [null, true],
  ])('a pull request from %s', (from, isFork) => {
    expect(aboutEvent('pull_request', pull(from))).toEqual({ base: 'b'.repeat(40), isFork });
  });

  test('a push has the commit before it, and the first one of a branch has none', () => {
    expect(aboutEvent('push', { before: 'a'.repeat(40) })).toEqual({
      base: 'a'.repeat(40),
      isFork: false,
    });
    expect(aboutEvent('push', { before: '0'.repeat(40) })).toEqual({
      base: undefined,
      isFork: false,
    });
    expect(aboutEvent('workflow_dispatch', {})).toEqual({ base: undefined, isFork: false });
  });
});

describe('a command without a key', () => {
  const fork = { hasKey: false, isFork: true };
  const own = { hasKey: false, isFork: false };

  test('runs where it needs none', () => {
    expect(fittingCommand(['alt', '--check'], own)).toEqual({ words: ['alt', '--check'] });
  });

  test('looks for texts in a pull request of a fork, and says why', () => {
    expect(fittingCommand(['alt', '--audit'], fork)).toMatchObject({ words: ['alt', '--check'] });
    expect(fittingCommand(['check', '--that', 'x'], fork)).not.toHaveProperty('words');
  });

  test('is a mistake elsewhere', () => {
    expect(() => fittingCommand(['alt'], own)).toThrow('alt needs a key');
    expect(() => fittingCommand(['describe'], own)).toThrow('begins with alt or check');
    expect(() => fittingCommand([], own)).toThrow('and not with nothing');
  });
});

test('files are those that the command is about, in the folder that is meant', () => {
  const changed = ['docs/a.md', 'docs/b.png', 'src/c.tsx', 'docsy/d.md', 'LICENSE'];
  expect(filesFor('alt', changed, '.')).toEqual(['docs/a.md', 'src/c.tsx', 'docsy/d.md']);
  expect(filesFor('alt', changed, 'docs/')).toEqual(['docs/a.md']);
  expect(filesFor('check', changed, 'docs')).toEqual(['docs/b.png']);
});

test('many files are given in parts', () => {
  const files = Array.from({ length: 10 }, (_, at) => `page-${at}.md`);
  const parts = inParts(files, 30);
  expect(parts.flat()).toEqual(files);
  expect(parts.length).toBeGreaterThan(1);
  expect(inParts(files)).toHaveLength(1);
});

test('of several exit codes the one counts that says most', () => {
  expect(worst([0, 1, 0])).toBe(1);
  expect(worst([1, 6])).toBe(6);
  expect(worst([0, 0])).toBe(0);
  expect(worst([0, 99])).toBe(99);
});

test('a check takes those options of a suggestion that mean something for it', () => {
  const words = [
    'alt',
    '--lang',
    'de',
    '--exclude',
    'a/**',
    '--wiki',
    '--root=public',
    '--max-cost',
    '1',
  ];
  expect(optionsForCheck(words)).toEqual(['--exclude', 'a/**', '--wiki', '--root=public']);
});

test('a text stays one block, whatever fences it holds', () => {
  expect(fenced('a\n```\nb')).toBe('````diff\na\n```\nb\n````');
});

test('the action runs the version of this package', () => {
  const action = parse(readFileSync('action/action.yml', 'utf8'));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(action.inputs.version.default).toBe(version);
});

/** A repository with two commits, checked out as a runner does it. */
function repository(before: Record<string, string>, after: Record<string, string>) {
  const folder = temporaryFolder();
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'Ann');
  git('config', 'user.email', 'ann@example.com');
  const commit = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '--message', 'change');
    return git('rev-parse', 'HEAD');
  };
  const base = commit(before);
  commit(after);
  return { folder, base };
}

/** Runs the script as its step does. */
async function act(
  folder: string,
  { name, event, ...inputs }: { name: string; event: object } & Record<string, unknown>,
) {
  const runner = temporaryFolder({});
  writeFileSync(join(runner, 'event.json'), JSON.stringify(event));
  for (const file of ['output', 'summary']) writeFileSync(join(runner, file), '');
  const { code, stdout, stderr } = await startProgram(
    process.execPath,
    [join(REPOSITORY, 'action/run.mjs')],
    {
      cwd: folder,
      env: {
        GEMINI_IMAGE_BIN: BIN,
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: folder,
        GITHUB_EVENT_NAME: name,
        GITHUB_EVENT_PATH: join(runner, 'event.json'),
        GITHUB_OUTPUT: join(runner, 'output'),
        GITHUB_STEP_SUMMARY: join(runner, 'summary'),
        RUNNER_TEMP: runner,
        INPUT_COMMAND: 'alt --check',
        INPUT_FILES: 'changed',
        INPUT_FOLDER: '.',
        ...(inputs as Record<string, string>),
      },
    },
  ).finished;
  const read = (file: string) => readFileSync(join(runner, file), 'utf8');
  return { code, stdout, stderr, output: read('output'), summary: read('summary'), read };
}

const PAGE = '# A page\n\n![](a.png)\n';

test('a push annotates the pages that it changes, and no others', async () => {
  const { folder, base } = repository({ 'old.md': PAGE }, { 'docs/new.md': PAGE, 'note.txt': '' });
  const run = await act(folder, { name: 'push', event: { before: base }, INPUT_SARIF: 'true' });
  expect(run.code).toBe(0);
  expect(run.stdout).toContain('file=docs/new.md');
  expect(run.stdout).toContain('line=3');
  expect(run.stdout).not.toContain('old.md');
  expect(run.output).toContain('exit-code=1\n');
  const sarif = JSON.parse(run.read('gemini-image.sarif'));
  expect(sarif.runs[0].results).toHaveLength(1);
});

test('a pull request of a fork is looked at without a key', async () => {
  const { folder, base } = repository({}, { 'new.md': PAGE });
  const repo = (name: string) => ({ full_name: name });
  const event = {
    pull_request: { base: { sha: base, repo: repo('us/x') }, head: { repo: repo('them/x') } },
  };
  const run = await act(folder, { name: 'pull_request', event, INPUT_COMMAND: 'alt --audit' });
  expect(run.stdout).toContain('::notice');
  expect(run.stdout).toContain('file=new.md');
  expect(run.output).toContain('exit-code=1\n');
});

test('where no page is changed, nothing is looked at', async () => {
  const { folder, base } = repository({ 'old.md': PAGE }, { 'a.txt': '' });
  const run = await act(folder, { name: 'push', event: { before: base } });
  expect(run.stdout).toContain('No page is changed.');
  expect(run.output).toBe('exit-code=0\n');
});

test('suggestions are a patch and a part of the summary', async () => {
  const { folder } = repository({}, {});
  execFileSync('cp', [join(REPOSITORY, 'fixtures/small.png'), join(folder, 'a.png')]);
  writeFileSync(join(folder, 'new.md'), PAGE);
  const run = await act(folder, {
    ...{ name: 'workflow_dispatch', event: {}, INPUT_COMMAND: 'alt --offline', INPUT_FILES: 'all' },
  });
  expect(run.output).toContain('gemini-image.patch');
  const patch = run.read('gemini-image.patch');
  expect(patch).toMatch(/^-!\[\]\(a\.png\)$/m);
  expect(run.summary).toContain('### Suggested alternative texts');
  writeFileSync(join(folder, 'x.patch'), patch);
  execFileSync('git', ['apply', 'x.patch'], { cwd: folder });
  expect(readFileSync(join(folder, 'new.md'), 'utf8')).toMatch(/!\[.+\]\(a\.png\)/);
});

test('the fixes of an audit are a patch too, and nobody is asked twice for them', async () => {
  const { folder } = repository({}, {});
  execFileSync('cp', [join(REPOSITORY, 'fixtures/small.png'), join(folder, 'a.png')]);
  writeFileSync(join(folder, 'new.md'), '# A page\n\n![A cat](a.png)\n');
  const claim = (number: number, verdict: string) => ({
    ...{ claim: number, evidence: 'It is a boat.', verdict },
  });
  const server = await answersBy((prompt) => ({
    verdicts: [...prompt.matchAll(/<claim id="(\d)">/g)].map(([, id]) =>
      claim(Number(id), id === '1' ? 'fails' : 'holds'),
    ),
    ...{ decorative: false, alt: 'A red boat' },
  }));
  const inputs = { INPUT_COMMAND: 'alt --audit', INPUT_FILES: 'all', ...server.env };
  const run = await act(folder, { name: 'workflow_dispatch', event: {}, ...inputs });
  expect(run.stdout).toContain('It is a boat.');
  expect(run.output).toContain('exit-code=1\n');
  expect(run.read('gemini-image.patch')).toMatch(/^diff --git [\s\S]*^-!\[A cat\]\(a\.png\)$/m);
  expect(run.summary).toContain('+![A red boat](a.png)');
  expect(server.requests).toHaveLength(1);
  writeFileSync(join(folder, 'x.patch'), run.read('gemini-image.patch'));
  execFileSync('git', ['apply', 'x.patch'], { cwd: folder });
});

test('the changes in an audit are found behind its list', () => {
  const diff =
    'diff --git a/x.md b/x.md\n--- a/x.md\n+++ b/x.md\n@@ -1 +1 @@\n-![a](b)\n+![c](b)\n';
  expect(diffIn(`x.md:1:1: fails: ![]() b "diff --git a/x": no\n${diff}`)).toBe(diff);
  expect(diffIn('x.md:1:1: unclear: no\n')).toBe('');
});

test('a mistake of the workflow is one annotation', async () => {
  const { folder } = repository({}, {});
  const run = await act(folder, { name: 'push', event: {}, INPUT_COMMAND: 'alt' });
  expect(run.code).toBe(2);
  expect(run.stdout).toBe(
    '::error title=gemini-image::alt needs a key: set "key" to a secret that holds one\n',
  );
});
