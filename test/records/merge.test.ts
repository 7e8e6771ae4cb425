/** Ledgers of several machines become one. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CaptionRecord } from '../../src/domain/record.js';
import { openLocked } from '../../src/storage/ledger/open-locked.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';

const ok = (image: string, text: string, more: object = {}) => ({
  image,
  status: 'ok',
  text,
  finishReason: 'STOP',
  model: 'gemini-3.5-flash-lite',
  mimeType: 'image/png',
  width: 1,
  height: 1,
  sha256: '0'.repeat(64),
  request: 'caption',
  ...more,
});
const failed = (image: string, message = 'gone') => ({
  image,
  status: 'failed',
  error: { kind: 'input', message, retryable: false },
});
const lines = (...records: object[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');

/** A folder with these ledgers, and what merges them there. */
function folderWith(ledgers: Readonly<Record<string, string>>) {
  const cwd = temporaryFolder();
  for (const [name, text] of Object.entries(ledgers)) writeFileSync(join(cwd, name), text);
  return {
    cwd,
    merge: (...args: string[]) =>
      runInProcess(['merge', ...Object.keys(ledgers), '-o', 'all.jsonl', ...args], { cwd }),
    all: (): CaptionRecord[] =>
      readFileSync(join(cwd, 'all.jsonl'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

const textsOf = (records: readonly CaptionRecord[]) =>
  records.map((record) =>
    record.status === 'ok' ? record.text : `failed: ${record.error.message}`,
  );

test('all records are in one ledger, and the same command again adds none', async () => {
  const { merge, all, cwd } = folderWith({
    'c.1-of-2.jsonl': lines(ok('a', 'A.'), ok('b', 'B.')),
    'c.2-of-2.jsonl': lines(ok('c', 'C.')),
  });
  const first = await merge();
  expect(first).toMatchObject({ code: 0, stdout: '' });
  expect(first.stderr).toContain('3 pictures have an answer in 2 ledgers; 3 records were added');
  expect(textsOf(all())).toEqual(['A.', 'B.', 'C.']);
  const bytes = readFileSync(join(cwd, 'all.jsonl'));
  expect((await merge()).stderr).toContain('0 records were added');
  expect(readFileSync(join(cwd, 'all.jsonl'))).toEqual(bytes);
  expect(readdirSync(cwd).sort()).toEqual(['all.jsonl', 'c.1-of-2.jsonl', 'c.2-of-2.jsonl']);
});

test('the newest record of each picture and question stays', async () => {
  const { merge, all } = folderWith({
    'a.jsonl': lines(ok('a', 'old'), ok('a', 'tags', { request: 'tags' }), ok('a', 'newer')),
    'b.jsonl': lines(ok('./a', 'newest')),
  });
  expect((await merge()).code).toBe(0);
  expect(textsOf(all())).toEqual(['tags', 'newest']);
});

test('the newest failure stays if its picture has no answer', async () => {
  const { merge, all } = folderWith({
    'a.jsonl': lines(failed('a', 'one'), ok('b', 'B.'), failed('b'), failed('c', 'one')),
    'b.jsonl': lines(failed('a', 'two'), ok('c', 'C.')),
  });
  expect((await merge()).stderr).toContain('2 pictures have an answer in 2 ledgers, 1 failed');
  expect(textsOf(all())).toEqual(['B.', 'failed: two', 'C.']);
});

test('what a person wrote is not replaced by a later answer', async () => {
  const { merge, all } = folderWith({
    'a.jsonl': lines(ok('a', 'mine', { edited: true })),
    'b.jsonl': lines(ok('a', 'a machine’s')),
  });
  await merge();
  expect(textsOf(all())).toEqual(['mine']);
});

test('what a person rejected is replaced by the next answer', async () => {
  const { merge, all } = folderWith({
    'a.jsonl': lines(ok('a', 'wrong', { reviewed: 'rejected' })),
    'b.jsonl': lines(ok('a', 'better')),
  });
  await merge();
  expect(textsOf(all())).toEqual(['better']);
});

test('Ctrl-C ends it, and leaves nothing behind', async () => {
  const { cwd } = folderWith({ 'a.jsonl': lines(ok('a', 'A.')) });
  const args = ['merge', 'a.jsonl', '-o', 'all.jsonl'];
  const { code, stderr } = await runInProcess(args, { cwd, interrupted: Promise.resolve() });
  expect(code).toBe(130);
  expect(stderr).not.toContain('a bug');
  expect(readdirSync(cwd)).toEqual(['a.jsonl']);
});

test('what the output already has stays, and new records follow', async () => {
  const { merge, all, cwd } = folderWith({ 'a.jsonl': lines(ok('a', 'A.')) });
  await merge();
  appendFileSync(join(cwd, 'all.jsonl'), lines(ok('a', 'asked again')));
  appendFileSync(join(cwd, 'a.jsonl'), lines(ok('b', 'B.')));
  await merge();
  expect(textsOf(all())).toEqual(['A.', 'asked again', 'B.']);
});

test('lines are copied byte for byte, and the last one gets its end', async () => {
  // As another program may write it: with a blank, an escape and an unusual order.
  const odd = `{"image": "b", "status":"ok","text":"\\u00e4","sha256":"${'0'.repeat(64)}"}`;
  const { merge, cwd } = folderWith({
    'a.jsonl': `${lines(ok('a', 'A.'), ok('b', 'older'))}${lines(ok('c', 'C.')).trimEnd()}`,
    'b.jsonl': odd,
  });
  const read = () => readFileSync(join(cwd, 'all.jsonl'), 'utf8');
  expect((await merge()).code).toBe(0);
  const merged = `${lines(ok('a', 'A.'), ok('b', 'older'), ok('c', 'C.'))}${odd}\n`;
  expect(read()).toBe(merged);
  writeFileSync(join(cwd, 'all.jsonl'), merged.trimEnd());
  expect((await merge()).stderr).toContain('0 records were added');
  expect(read()).toBe(merged);
});

test('equal lines of several ledgers are one, also if the output has it', async () => {
  const same = lines(ok('a', 'A.'), failed('f'));
  const { merge, all } = folderWith({ 'a.jsonl': same, 'b.jsonl': lines(ok('b', 'B.')) + same });
  await merge();
  expect(textsOf(all())).toEqual(['B.', 'A.', 'failed: gone']);
  expect((await merge()).stderr).toContain('0 records were added');
  expect(textsOf(all())).toEqual(['B.', 'A.', 'failed: gone']);
});

test('an empty shard counts as a shard', async () => {
  const { merge, all } = folderWith({
    'c.1-of-2.jsonl': lines(ok('a', 'A.')),
    'c.2-of-2.jsonl': '',
  });
  expect((await merge()).code).toBe(0);
  expect(all()).toHaveLength(1);
});

test('incomplete lines are left out, with a warning', async () => {
  const torn = lines(ok('b', 'B.')).slice(0, 40);
  const { merge, all } = folderWith({ 'a.jsonl': `${lines(ok('a', 'A.'))}${torn}` });
  const { code, stderr } = await merge();
  expect(code).toBe(0);
  expect(stderr).toContain('a.jsonl: a line is torn and left out');
  expect(all()).toHaveLength(1);
});

describe('nothing is written, with exit code 2, if', () => {
  const nothingWritten = async (
    { merge, cwd }: ReturnType<typeof folderWith>,
    words: string,
    ...args: string[]
  ) => {
    const { code, stdout, stderr } = await merge(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(existsSync(join(cwd, 'all.jsonl'))).toBe(false);
  };

  test('shards are missing, unless that is allowed', async () => {
    const shards = folderWith({ 'c.2-of-4.jsonl': lines(ok('a', 'A.')) });
    await nothingWritten(shards, 'of 4 shards, 3 are missing: 1, 3, 4');
    expect((await shards.merge('--partial')).code).toBe(0);
  });

  test('shards are of different jobs', async () => {
    const text = lines(ok('a', 'A.'));
    const shards = folderWith({ 'c.1-of-2.jsonl': text, 'c.1-of-3.jsonl': text });
    await nothingWritten(shards, 'shards of different jobs: of 2 and of 3');
  });

  test('a file is not a ledger', async () => {
    const notes = folderWith({ 'notes.jsonl': '{"note":1}\n' });
    await nothingWritten(notes, 'notes.jsonl is no results file of gemini-image: line 1');
  });

  test('a file is missing', async () => {
    const { cwd } = folderWith({});
    const { code, stderr } = await runInProcess(['merge', 'no.jsonl', '-o', 'all.jsonl'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('no.jsonl cannot be read: no such file');
  });

  test('a run is still writing one, unless that is allowed', async () => {
    const running = folderWith({ 'a.jsonl': lines(ok('a', 'A.')) });
    const { file } = await openLocked(join(running.cwd, 'a.jsonl'), 'a.jsonl');
    try {
      await nothingWritten(running, 'a.jsonl is being written by a run');
      expect((await running.merge('--partial')).code).toBe(0);
    } finally {
      await file.close();
    }
  });

  test('the output is not named', async () => {
    const { code, stderr } = await runInProcess(['merge', 'a.jsonl']);
    expect(code).toBe(2);
    expect(stderr).toContain('--output');
  });
});

test('an output that is not a ledger stays as it is', async () => {
  const { merge, cwd } = folderWith({ 'a.jsonl': lines(ok('a', 'A.')) });
  writeFileSync(join(cwd, 'all.jsonl'), 'my notes\n');
  const { code, stderr } = await merge();
  expect(code).toBe(2);
  expect(stderr).toContain('all.jsonl is no results file');
  expect(readFileSync(join(cwd, 'all.jsonl'), 'utf8')).toBe('my notes\n');
});
