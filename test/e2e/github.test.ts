/** What is printed and written in a step of GitHub Actions, whose runner obeys lines of output. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'junit2json';
import { describe, expect, test } from 'vitest';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { fails, judges, replying } from '../support/judges.js';
import { answer, saying, sendJson, serve } from '../support/scripted-server.js';
import { webServer } from '../support/web-server.js';

const EVIL =
  'A boat.\n::set-env name=PATH::/evil\n \u00a0::stop-commands::x\nand ##[add-path]/evil';
const HARMLESS =
  'A boat.\n: :set-env name=PATH::/evil\n \u00a0: :stop-commands::x\nand ## [add-path]/evil\n';
const STEP = { GITHUB_ACTIONS: 'true' };

describe('in a step, an answer of the model is no command', () => {
  test('as text, with one warning', async () => {
    const { env } = await saying(EVIL);
    const args = ['describe', fixture('small.png')];
    const [inStep, elsewhere, streamed, toFile] = await Promise.all([
      runInProcess(args, { env: { ...env, ...STEP } }),
      runInProcess(args, { env }),
      runInProcess([...args, '--stream'], { env: { ...env, ...STEP } }),
      (async () => {
        const file = join(temporaryFolder(), 'x.txt');
        await runInProcess([...args, '-o', file], { env: { ...env, ...STEP } });
        return readFileSync(file, 'utf8');
      })(),
    ]);
    expect(inStep.stdout).toBe(HARMLESS);
    expect(inStep.stderr.match(/GitHub Actions would obey/g)).toHaveLength(1);
    expect(streamed.stdout).toBe(HARMLESS);
    expect(elsewhere).toMatchObject({ stdout: `${EVIL}\n`, stderr: '' });
    expect(toFile).toBe(`${EVIL}\n`);
  });

  test('in JSON, whose value stays exact', async () => {
    const { env } = await saying(EVIL);
    const args = ['describe', fixture('small.png'), '-f', 'json'];
    const { stdout, stderr } = await runInProcess(args, { env: { ...env, ...STEP } });
    expect(stdout).not.toContain('##[');
    expect({ text: JSON.parse(stdout).text, stderr }).toEqual({ text: EVIL, stderr: '' });
  });

  test('in the verdicts of check; annotations still are commands', async () => {
    const evidence = '::error::x ##[error]y';
    const { env } = await replying(judges({ verdict: 'fails', evidence }));
    const args = ['check', fixture('small.png'), '--that', '::debug::it ##[b]olds'];
    const inStep = { env: { ...env, ...STEP } };
    const [text, junit, github] = await Promise.all([
      runInProcess(args, inStep),
      runInProcess([...args, '-f', 'junit'], inStep),
      runInProcess([...args, '-f', 'github'], inStep),
    ]);
    expect(text.stdout).not.toContain('##[');
    expect(junit.stdout).not.toContain('##[');
    const report = await parse(junit.stdout);
    expect(JSON.stringify(report)).toContain(evidence);
    expect(github.stdout).toMatch(/^::error /);
    expect(github.stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  test('in the name of a file, or in a message on stderr', async () => {
    const cwd = temporaryFolder({ '::error::a.png': 'small.png', 'b.png': 'small.png' });
    writeFileSync(join(cwd, '##[error]c.png'), 'no picture');
    const { env } = await saying('A boat.');
    const args = ['describe', '::error::a.png', 'b.png', '##[error]c.png'];
    const { stdout, stderr } = await runInProcess(args, { cwd, env: { ...env, ...STEP } });
    expect(stdout).toBe(': :error::a.png\tA boat.\nb.png\tA boat.\n');
    expect(stderr).toContain('## [error]c.png');
    expect(stderr).not.toContain('##[');
  });
});

test('annotations name files by their paths in the repository', async () => {
  const workspace = temporaryFolder();
  const cwd = join(workspace, 'site');
  mkdirSync(join(cwd, 'shots'), { recursive: true });
  copyFileSync(fixture('small.png'), join(cwd, 'shots', 'a.png'));
  const { env } = await replying(judges('fails'));
  const args = ['check', './shots/a.png', './gone.png', '--that', 'It rains.', '-f', 'github'];
  const annotate = async (more: Record<string, string>) => {
    const { stdout } = await runInProcess(args, { cwd, env: { ...env, ...more } });
    return [...stdout.matchAll(/file=([^,:]*)/g)].map(([, file]) => file);
  };
  expect(await annotate({ GITHUB_WORKSPACE: workspace })).toEqual([
    'site/shots/a.png',
    'site/gone.png',
  ]);
  expect(await annotate({})).toEqual(['shots/a.png', 'gone.png']);
});

test('reports show an address without its query; the list of failures keeps it', async () => {
  const cwd = temporaryFolder();
  const web = await webServer({ '/a.png': { file: fixture('small.png') } });
  const { env } = await replying(judges('fails'));
  const names = [`${web.url}/a.png?sig=s3cret`, `${web.url}/gone.png?sig=s3cret`];
  const args = ['check', ...names, '--that', 'It rains.', '--allow-private-hosts'];
  const summary = { GITHUB_STEP_SUMMARY: 'summary.md' };
  const [junit, github] = await Promise.all([
    runInProcess([...args, '-f', 'junit'], { cwd, env }),
    runInProcess([...args, '-f', 'github', '--failed', 'failed.txt'], {
      cwd,
      env: { ...env, ...summary },
    }),
  ]);
  for (const text of [
    junit.stdout,
    junit.stderr,
    github.stdout,
    github.stderr,
    readFileSync(join(cwd, 'summary.md'), 'utf8'),
  ]) {
    expect(text).toContain('gone');
    expect(text).not.toContain('s3cret');
  }
  expect(readFileSync(join(cwd, 'failed.txt'), 'utf8')).toBe(`${names[1]}\n`);
  const ledger = await runInProcess(
    ['describe', ...names, '--allow-private-hosts', '-o', 'x.jsonl'],
    { cwd, env: (await saying('A boat.')).env },
  );
  expect(readFileSync(join(cwd, 'x.jsonl'), 'utf8')).toContain('a.png?sig=s3cret');
  expect(ledger.stderr).not.toContain('s3cret');
});

test('an error in a JUnit report has the time that it really took', async () => {
  const refuse = fails(400, 'INVALID_ARGUMENT', 'no');
  const server = await serve((response, at) => {
    setTimeout(() => (at === 0 ? refuse(response) : sendJson(response, 200, answer('x'))), 30);
  });
  const args = ['check', fixture('small.png'), '--that', 'It rains.', '-f', 'junit'];
  const { stdout } = await runInProcess(args, server);
  const found = await parse(stdout);
  const time = found && 'testsuite' in found ? found.testsuite?.[0]?.time : undefined;
  expect(time).toBeGreaterThan(0.02);
});
