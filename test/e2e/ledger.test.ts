/** A ledger in the hands of users: damaged, begun anew, asked again. */
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { album, albumServer, nameOf, recordsIn, timesAsked } from '../support/album.js';
import { runInProcess as run } from '../support/in-process.js';
import { answer, sendJson } from '../support/scripted-server.js';

const LEDGER = ['describe', 'photos', '-o', 'captions.jsonl'];

const wrongKey = {
  error: { code: 401, status: 'UNAUTHENTICATED', message: 'API key not valid.' },
};
const broken = {
  error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Provided image is not valid.' },
};

function textOf(cwd: string, name = 'captions.jsonl'): string {
  return readFileSync(join(cwd, name), 'utf8');
}

describe('--overwrite', () => {
  test('says how many records it sets aside, and where, and so a second time', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    await run(LEDGER, { cwd, ...server });
    const first = textOf(cwd);
    const second = await run([...LEDGER, '--overwrite', '--limit', '1'], { cwd, ...server });
    expect(second.stderr).toContain(
      'captions.jsonl is begun anew; its 3 records are kept in captions.jsonl~\n',
    );
    const third = await run([...LEDGER, '--overwrite', '--limit', '1'], { cwd, ...server });
    expect(third.stderr).toContain('its 1 record is kept in captions.jsonl.~1~\n');
    expect(textOf(cwd, 'captions.jsonl~')).toBe(first);
  });

  test('with a wrong key, twice, loses nothing and suggests itself to go on', async () => {
    const cwd = await album(3);
    let isWrong = false;
    const server = await albumServer((_, response) => {
      if (isWrong) sendJson(response, 401, wrongKey);
    });
    await run(LEDGER, { cwd, ...server });
    const before = textOf(cwd);
    isWrong = true;
    for (let time = 0; time < 2; time += 1) {
      const { code, stderr } = await run([...LEDGER, '--overwrite'], { cwd, ...server });
      expect(code).toBe(4);
      expect(stderr).toContain(
        'To go on: gemini-image describe photos -o captions.jsonl --overwrite',
      );
      expect(stderr).not.toContain('begun anew');
    }
    expect(textOf(cwd)).toBe(before);
    expect(readdirSync(cwd).sort()).toEqual(['captions.jsonl', 'photos']);
  });
});

test('repeated failures do not make the file longer', async () => {
  const cwd = await album(3);
  const server = await albumServer((number, response) => {
    if (number === 1) sendJson(response, 400, broken);
  });
  for (let time = 0; time < 3; time += 1) {
    expect(await run(LEDGER, { cwd, ...server })).toMatchObject({ code: 3 });
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(3);
  }
  expect(server.requests).toHaveLength(5);
});

test('a ledger with a byte order mark and an incomplete line is continued, with a message', async () => {
  const cwd = await album(3);
  const server = await albumServer();
  await run(LEDGER, { cwd, ...server });
  const [one = '', two = '', three = ''] = textOf(cwd).split('\n');
  const torn = two.slice(0, 90);
  writeFileSync(join(cwd, 'captions.jsonl'), `\uFEFF${one}\n${torn}\n${three}\n`);
  const { code, stderr } = await run(LEDGER, { cwd, ...server });
  expect(code).toBe(0);
  expect(stderr).toContain(
    'warning: captions.jsonl: line 2 is damaged; what is left of it was moved to captions.jsonl.damaged, and every whole record counts\n',
  );
  expect(stderr).toContain('1 described, 2 done before');
  expect(textOf(cwd, 'captions.jsonl.damaged')).toBe(`${torn}\n`);
  expect(server.requests).toHaveLength(4);
  const again = await run(LEDGER, { cwd, ...server });
  expect(again.stderr).not.toContain('damaged');
  expect(textOf(cwd)).toContain(nameOf(1));
});

describe('a ledger that is no longer in its place at the end', () => {
  test.each<[string, (path: string) => void, string]>([
    ['removed', (path) => rmSync(path), 'was moved or removed'],
    ['rotated away', (path) => renameSync(path, `${path}.1`), 'was moved or removed'],
    ['saved over by an editor', (path) => writeFileSync(path, ''), 'was saved over or cut short'],
  ])('%s: a message says where the rest is, and the code is 2', async (_, deed, words) => {
    const cwd = await album(12);
    const server = await albumServer((__, ___, at) => {
      if (at === 6) deed(join(cwd, 'captions.jsonl'));
    });
    const { code, stderr } = await run([...LEDGER, '-c', '2'], { cwd, ...server });
    expect(code).toBe(2);
    expect(stderr).toContain('12 described');
    expect(stderr).not.toContain('the results are in captions.jsonl');
    expect(stderr).toContain(`captions.jsonl ${words} while it was written`);
    expect(stderr).toContain('captions.rest.jsonl');
    const names = readdirSync(cwd).filter((name) => name.startsWith('captions'));
    const images = names.flatMap((name) => recordsIn(join(cwd, name)).map(({ image }) => image));
    expect(new Set(images).size).toBe(12);
    appendFileSync(join(cwd, 'captions.jsonl'), textOf(cwd, 'captions.rest.jsonl'));
    expect(await run(LEDGER, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(12);
  });
});

describe('--redo', () => {
  test('asks again about the named pictures, and keeps every other record', async () => {
    const cwd = await album(4);
    const server = await albumServer();
    await run(LEDGER, { cwd, ...server });
    const before = textOf(cwd);
    const again = ['describe', `photos/${nameOf(2)}`, '-o', 'captions.jsonl', '--redo'];
    expect(await run(again, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(5);
    expect(textOf(cwd).startsWith(before)).toBe(true);
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(5);
    expect(await run(LEDGER, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(5);
    expect(readdirSync(cwd).sort()).toEqual(['captions.jsonl', 'photos']);
  });

  test('replaces the file beside each picture, and the answer in the cache', async () => {
    const cwd = await album(2);
    let answers = 'first';
    const server = await albumServer((_, response) => sendJson(response, 200, answer(answers)));
    const env = { ...server.env, XDG_CACHE_HOME: join(cwd, 'cache') };
    const args = [...LEDGER, '--sidecar', '--cache'];
    await run(args, { cwd, env });
    answers = 'second';
    await run([...args, '--redo'], { cwd, env });
    expect(server.requests).toHaveLength(4);
    expect(textOf(cwd, 'photos/p001.txt')).toBe('second\n');
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(4);
  });

  test('works for detect too', async () => {
    const cwd = await album(2);
    const args = ['detect', 'photos', '-o', 'boxes.jsonl', '--offline'];
    await run(args, { cwd });
    const { code, stderr } = await run([...args, '--redo', '--limit', '1'], { cwd });
    expect(code).toBe(0);
    expect(stderr).not.toContain('done before');
    expect(recordsIn(join(cwd, 'boxes.jsonl'))).toHaveLength(3);
  });

  test('suggests how to go on when a run ends early', async () => {
    const cwd = await album(3);
    let isWrong = false;
    const server = await albumServer((_, response) => {
      if (isWrong) sendJson(response, 401, wrongKey);
    });
    await run(LEDGER, { cwd, ...server });
    const before = textOf(cwd);
    isWrong = true;
    const { code, stderr } = await run([...LEDGER, '--redo'], { cwd, ...server });
    expect(code).toBe(4);
    expect(stderr).toContain('To go on, name the pictures that are left: --redo asks again');
    expect(textOf(cwd).startsWith(before)).toBe(true);
  });

  test('is counted by a dry run', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    await run(LEDGER, { cwd, ...server });
    const args = [...LEDGER, '--redo', '--dry-run', '-f', 'json'];
    const { stdout } = await run(args, { cwd, ...server });
    expect(JSON.parse(stdout)).toMatchObject({ pictures: 3, done: 0, toAsk: 3, basis: 'measured' });
  });

  test.each([
    ['--redo', '--overwrite'],
    ['--redo', '--redo-failed'],
    ['--overwrite', '--redo-failed'],
  ])('%s and %s exclude each other', async (...flags) => {
    const cwd = await album(1);
    const { code, stderr } = await run([...LEDGER, ...flags], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--overwrite, --redo and --redo-failed or --redo-rejected exclude each other',
    );
  });
});

describe('--redo-failed', () => {
  test('asks only about what failed, and leaves out what is done or new', async () => {
    const cwd = await album(4);
    let isBroken = true;
    const server = await albumServer((number, response) => {
      if (isBroken && number === 1) sendJson(response, 400, broken);
    });
    await run([...LEDGER, '--limit', '3'], { cwd, ...server });
    isBroken = false;
    const dry = await run([...LEDGER, '--redo-failed', '--dry-run', '-f', 'json'], {
      cwd,
      ...server,
    });
    expect(JSON.parse(dry.stdout)).toMatchObject({ pictures: 3, done: 2, toAsk: 1 });
    const { code, stderr } = await run([...LEDGER, '--redo-failed'], { cwd, ...server });
    expect(code).toBe(0);
    expect(stderr).toContain('1 described, 2 done before, 1 left alone that did not fail');
    expect(timesAsked(server)).toEqual(
      new Map([
        [0, 1],
        [1, 2],
        [2, 1],
      ]),
    );
  });

  test('says so if nothing failed', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    writeFileSync(join(cwd, 'captions.jsonl'), '');
    const { code, stderr } = await run([...LEDGER, '--redo-failed'], { cwd, ...server });
    expect(code).toBe(0);
    expect(stderr).toContain('2 left alone that did not fail');
    expect(server.requests).toHaveLength(0);
  });

  test('needs a results file', async () => {
    const cwd = await album(1);
    const server = await albumServer();
    for (const more of [[], ['--dry-run']]) {
      const args = ['describe', 'photos', '--redo-failed', ...more];
      const { code, stderr } = await run(args, { cwd, ...server });
      expect(code).toBe(2);
      expect(stderr).toContain('--redo-failed needs a results file that says what failed');
    }
  });
});
