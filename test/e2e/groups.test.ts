import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failing, saying } from '../support/scripted-server.js';

const CARDS = {
  'cards/a-back.png': 'small.png',
  'cards/a-front.jpg': 'small.jpg',
  'cards/b-back.png': 'small.png',
  'cards/b-front.jpg': 'small.jpg',
  'cards/map.png': 'small.png',
};

const BY_SIDE = ['--group', '{stem}-front,{stem}-back'];

/** A folder with copies of fixtures, in folders of their own. */
function folderWith(copies: Readonly<Record<string, string>>) {
  const folder = temporaryFolder({});
  for (const [name, source] of Object.entries(copies)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(fixture(source), join(folder, name));
  }
  return folder;
}

function cards() {
  return folderWith(CARDS);
}

/** The texts of a request: the names of its pictures, and the prompt. */
function textsOf({ json }: { json: { contents: { parts: { text?: string }[] }[] } }) {
  return json.contents.flatMap(({ parts }) => parts.flatMap(({ text }) => text ?? []));
}

function recordsIn(path: string) {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('--group', () => {
  test('asks once about each group, in the order of the pattern, and tells what is missing', async () => {
    const { env, requests } = await saying('A card.');
    const cwd = cards();
    const args = ['describe', 'cards', ...BY_SIDE, '-p', 'What is on {stem}?', '-c', '1'];
    const { stdout, stderr, code } = await runInProcess(args, { cwd, env });
    expect({ stdout, code }).toEqual({
      stdout: 'cards/a\tA card.\ncards/b\tA card.\ncards/map.png\tA card.\n',
      code: 0,
    });
    expect(requests.map(textsOf)).toEqual([
      ['cards/a-front.jpg', 'cards/a-back.png', 'What is on a?'],
      ['cards/b-front.jpg', 'cards/b-back.png', 'What is on b?'],
      ['cards/map.png', 'What is on map.png?'],
    ]);
    expect(stderr).toMatch(/^3 described\n/);
  });

  test('writes one record with all pictures of the group, and resumes from it', async () => {
    const { env, requests } = await saying('A card.');
    const cwd = cards();
    const args = ['describe', 'cards', ...BY_SIDE, '-o', 'c.jsonl'];
    await runInProcess([...args, '--limit', '1'], { cwd, env });
    const [record, ...others] = recordsIn(join(cwd, 'c.jsonl'));
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      group: 'cards/a',
      images: [{ image: 'cards/a-front.jpg' }, { image: 'cards/a-back.png' }],
      status: 'ok',
      text: 'A card.',
    });
    expect(record.image).toBeUndefined();
    const { stderr } = await runInProcess(args, { cwd, env });
    expect(stderr).toMatch(/^2 described, 1 done before\n/);
    expect(requests).toHaveLength(3);
    writeFileSync(join(cwd, 'cards/b-back.png'), readFileSync(join(cwd, 'cards/a-front.jpg')));
    const again = await runInProcess(args, { cwd, env });
    expect(again.stderr).toContain('1 described, 2 done before\n');
  });

  test('a folder is a group, and CSV has its pictures in one cell', async () => {
    const { env, requests } = await saying('A card.');
    const cwd = folderWith({ ...CARDS, 'maps/1.png': 'small.png', 'maps/2.png': 'small.png' });
    const args = ['describe', 'cards', 'maps', '--group', 'folder', '-f', 'csv'];
    const { stdout, code } = await runInProcess(args, { cwd, env });
    expect(code).toBe(0);
    expect(requests).toHaveLength(2);
    expect(stdout).toContain('"maps/1.png\nmaps/2.png",ok,A card.,');
  });

  test('a group without one of its pictures is asked about, and counted', async () => {
    const { env } = await saying('A card.');
    const cwd = temporaryFolder({ 'c-front.png': 'small.png', 'd-front.png': 'small.png' });
    const args = ['describe', '.', ...BY_SIDE, '--debug'];
    const { stderr, code } = await runInProcess(args, { cwd, env });
    expect(code).toBe(0);
    expect(stderr).toContain('c is asked about without {stem}-back');
    expect(stderr).toContain('2 described, 2 groups lack a picture of the pattern');
  });

  test('a group that fails is one failure, under its name, with all its pictures to try again', async () => {
    const { env } = await failing(400, 'INVALID_ARGUMENT', 'Provided image is not valid.');
    const cwd = temporaryFolder({ 'a-front.png': 'small.png', 'a-back.png': 'small.png' });
    const args = ['describe', '.', ...BY_SIDE, '--failed', 'f.txt', '-f', 'jsonl'];
    const { stdout, stderr, code } = await runInProcess(args, { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toContain('gemini-image: ./a: ');
    expect(JSON.parse(stdout)).toMatchObject({
      group: './a',
      images: [{ image: './a-front.png' }, { image: './a-back.png' }],
      status: 'failed',
    });
    expect(readFileSync(join(cwd, 'f.txt'), 'utf8')).toBe('./a-front.png\n./a-back.png\n');
  });

  test('the estimate counts groups, and all pictures of each', async () => {
    const args = ['describe', 'cards', ...BY_SIDE, '--dry-run', '-f', 'json'];
    const { stdout } = await runInProcess(args, { cwd: cards() });
    const { pictures, groups, toAsk, inputTokens } = JSON.parse(stdout);
    expect({ pictures, groups, toAsk }).toEqual({ pictures: 5, groups: 3, toAsk: 3 });
    expect(inputTokens).toBeGreaterThan(5 * 1120);
    expect(inputTokens).toBeLessThan(5.5 * 1120);
  });

  test('a stem may be one of a name in parallel folders', async () => {
    const { env, requests } = await saying('A card.');
    const cwd = folderWith({ 'front/1.png': 'small.png', 'back/1.png': 'small.png' });
    const args = ['describe', 'front', 'back', '--group', 'back/{stem},front/{stem}'];
    const { stdout } = await runInProcess(args, { cwd, env });
    expect(stdout).toBe('1\tA card.\n');
    expect(requests.map((request) => textsOf(request).slice(0, 2))).toEqual([
      ['back/1.png', 'front/1.png'],
    ]);
  });

  test.each([
    ['front', 'needs {stem} once in each part'],
    ['{stem}{stem}', 'needs {stem} once in each part'],
  ])('refuses the pattern %s', async (pattern, words) => {
    const args = ['describe', 'cards', '--group', pattern, '--offline'];
    const { stderr, code } = await runInProcess(args, { cwd: cards() });
    expect({ stderr, code }).toEqual({ stderr: expect.stringContaining(words), code: 2 });
  });

  test.each([['--together'], ['--sidecar']])('goes not together with %s', async (flag) => {
    const args = ['describe', 'cards', ...BY_SIDE, flag, '--offline'];
    expect((await runInProcess(args, { cwd: cards() })).code).toBe(2);
  });
});
