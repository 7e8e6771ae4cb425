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
import { album, albumServer, nameOf, recordsIn } from '../support/album.js';
import { runInProcess as run } from '../support/in-process.js';
import { sendJson } from '../support/scripted-server.js';

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
  test('says how many records it sets aside, and where, and a second time too', async () => {
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

  test('with a wrong key, twice, loses nothing and goes on with itself', async () => {
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

test('failures that repeat themselves do not make the file longer', async () => {
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

test('a ledger with a byte order mark and a torn line is gone on with, and it is said', async () => {
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

describe('a ledger that is not in its place any more at the end', () => {
  test.each<[string, (path: string) => void, string]>([
    ['removed', (path) => rmSync(path), 'was moved or removed'],
    ['rotated away', (path) => renameSync(path, `${path}.1`), 'was moved or removed'],
    ['saved over by an editor', (path) => writeFileSync(path, ''), 'was saved over or cut short'],
  ])('%s: the rest is beside it, it is said where, and the code is 2', async (_, deed, words) => {
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
