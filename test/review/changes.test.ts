/** What people change in `review`, in the ledger and for the runs after it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { OkRecord } from '../../src/domain/record.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { lineOf, okRecord, open } from '../support/ledgers.js';
import { startReview } from '../support/reviews.js';

function records(folder: string): OkRecord[] {
  const lines = readFileSync(join(folder, 'c.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** An album with the emulator's answers. */
async function described(...args: string[]): Promise<string> {
  const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
  const { code } = await runInProcess([...describe, ...args], { cwd });
  expect(code).toBe(0);
  return cwd;
}

const describe = ['describe', '.', '--offline', '-o', 'c.jsonl'];
const A_BOAT = { answer: { name: 'alt', value: 'A boat.', before: '' } };

test('an edit is a copy of the record with the new words, which later runs and exports keep', async () => {
  const cwd = await described('-s', 'alt');
  const before = records(cwd)[0];
  const { change } = await startReview(cwd, ['c.jsonl', '--as', 'Ada']);
  const saw = String(before?.text);
  const result = await change({
    position: 0,
    answer: { name: 'alt', value: 'Ein Boot mit rotem Segel – 小さな船.', before: saw },
  });
  expect(result).toMatchObject({ status: 'saved', row: { edited: true, by: 'Ada' } });

  const last = records(cwd).at(-1);
  const { usage: _, costUsd: __, ...kept } = before ?? {};
  expect(last).toEqual({
    ...kept,
    ...{ text: 'Ein Boot mit rotem Segel – 小さな船.', edited: true, by: 'Ada', durationMs: 0 },
    at: expect.stringMatching(/^2026-01-01T/),
  });
  expect(last).not.toHaveProperty('usage');

  const again = await runInProcess([...describe, '-s', 'alt'], { cwd });
  expect(again.stderr).toContain('2 done before');
  expect(records(cwd)).toHaveLength(3);
  const table = await runInProcess(['export', 'c.jsonl', '--to', 'json'], { cwd });
  expect(table.stdout).toContain('Ein Boot mit rotem Segel – 小さな船.');
  expect(table.stdout).not.toContain(saw);
});

test('of several styles one is edited, and tags stay a list', async () => {
  const cwd = await described('-s', 'alt,tags');
  const { change } = await startReview(cwd, ['c.jsonl']);
  await change({ position: 0, ...A_BOAT });
  const tags = ['boat', 'sail'];
  await change({ position: 0, answer: { name: 'tags', value: tags, before: [] } });
  expect(records(cwd).at(-1)).toMatchObject({
    text: 'A boat.',
    answers: { alt: 'A boat.', tags },
    edited: true,
  });
});

test('what is rejected is asked again by --redo-rejected alone, and what is accepted never', async () => {
  const cwd = await described('-s', 'alt');
  const { change } = await startReview(cwd, ['c.jsonl']);
  await change({ position: 0, review: 'rejected' });
  await change({ position: 1, review: 'accepted' });
  expect(records(cwd).slice(2)).toMatchObject([{ reviewed: 'rejected' }, { reviewed: 'accepted' }]);

  await runInProcess([...describe, '-s', 'alt'], { cwd });
  expect(records(cwd)).toHaveLength(4);
  const dry = await runInProcess([...describe, '-s', 'alt', '--redo-rejected', '--dry-run'], {
    cwd,
  });
  expect(dry.stdout).toMatch(/to ask +1\n/);
  const redo = await runInProcess([...describe, '-s', 'alt', '--redo-rejected'], { cwd });
  expect(redo.code).toBe(0);
  const [, , rejected] = records(cwd);
  expect(records(cwd).slice(4)).toMatchObject([{ image: rejected?.image, status: 'ok' }]);
  expect(records(cwd).at(-1)).not.toHaveProperty('reviewed');
  // The new answer holds, and there is nothing more to ask.
  await runInProcess([...describe, '-s', 'alt', '--redo-rejected'], { cwd });
  expect(records(cwd)).toHaveLength(5);
});

test('a later answer of a model does not replace what a person wrote, also in what a run prints', async () => {
  const cwd = await described('-s', 'alt');
  const { change, rows, state } = await startReview(cwd, ['c.jsonl']);
  await change({ position: 0, ...A_BOAT });
  await runInProcess([...describe, '-s', 'alt', '--redo'], { cwd });
  await state();
  const [row] = await rows(0);
  expect(row?.answers[0]).toMatchObject({
    value: 'A boat.',
    edited: true,
    other: { isNewer: true },
  });
  // The sidecar of a later run has the words of the person.
  await runInProcess([...describe, '-s', 'alt', '--sidecar'], { cwd });
  const name = row?.pictures[0]?.name.replace(/\.\w+$/, '.txt') ?? '';
  expect(readFileSync(join(cwd, name), 'utf8')).toBe('[offline] A boat.\n');
});

test('undo brings back the words and what was said of them', async () => {
  const cwd = await described('-s', 'alt');
  const { change, rows } = await startReview(cwd, ['c.jsonl']);
  const [before] = await rows(0);
  const value = before?.answers[0]?.value ?? '';
  await change({ position: 0, ...A_BOAT });
  await change({
    position: 0,
    answer: { name: 'alt', value, before: 'A boat.' },
    restore: { edited: false, reviewed: 'none' },
  });
  const [after] = await rows(0);
  expect(after?.answers[0]?.value).toBe(value);
  expect(after).not.toHaveProperty('edited');
  expect(records(cwd).at(-1)).toMatchObject({ edited: false });
  // An accepted answer can be rejected after all.
  await change({ position: 0, review: 'accepted' });
  await change({ position: 0, review: 'rejected' });
  expect((await rows(0))[0]?.reviewed).toBe('rejected');
  await change({ position: 0, review: 'none' });
  expect((await rows(0))[0]).not.toHaveProperty('reviewed');
});

test('a field keeps its kind, and has to fit the schema that is given', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const data = { title: 'Boat', people: 1 };
  writeFileSync(
    join(cwd, 'c.jsonl'),
    lineOf({ ...okRecord('a.png', { text: JSON.stringify(data) }), data }),
  );
  const { change } = await startReview(cwd, ['c.jsonl', '--fields', 'title, people:int']);
  const people = (value: unknown) =>
    change({ position: 0, field: { name: 'people', value, before: 1 } });
  expect(await people('two')).toMatchObject({ status: 'refused' });
  expect(await people(2.5)).toMatchObject({ status: 'refused' });
  expect(records(cwd)).toHaveLength(1);
  expect(await people(2)).toMatchObject({ status: 'saved' });
  expect(records(cwd).at(-1)).toMatchObject({
    data: { title: 'Boat', people: 2 },
    text: '{"title":"Boat","people":2}',
    edited: true,
  });
});

test('while a run has the ledger, changes are kept beside it, also over kill -9, and come in after it', async () => {
  const cwd = await described('-s', 'alt');
  const ledger = await open(join(cwd, 'c.jsonl'));
  onTestFinished(() => ledger.close());
  const first = await startReview(cwd, ['c.jsonl']);
  const kept = await first.change({ position: 0, ...A_BOAT });
  expect(kept).toMatchObject({
    status: 'kept',
    row: { isKept: true, answers: [{ value: 'A boat.' }] },
  });
  expect(await first.state()).toMatchObject({ kept: 1, holder: expect.stringContaining('run') });
  first.child.kill('SIGKILL');
  await first.finished;
  expect(records(cwd)).toHaveLength(2);
  expect(existsSync(join(cwd, 'c.jsonl.review'))).toBe(true);

  const second = await startReview(cwd, ['c.jsonl']);
  expect((await second.rows(0))[0]?.answers[0]?.value).toBe('A boat.');
  await second.change({ position: 1, ...A_BOAT });
  await ledger.append(okRecord('c.png'));
  await ledger.close();
  await vi.waitFor(async () => expect(await second.state()).toMatchObject({ kept: 0 }), 5000);
  expect(
    records(cwd)
      .map(({ image, text }) => [image, text])
      .slice(2),
  ).toEqual([
    ['c.png', okRecord('c.png').text],
    [records(cwd)[0]?.image, 'A boat.'],
    [records(cwd)[1]?.image, 'A boat.'],
  ]);
  expect(existsSync(join(cwd, 'c.jsonl.review'))).toBe(false);
});

test('the same change that is sent twice is in the ledger once, also after another one', async () => {
  const cwd = await described('-s', 'alt');
  const { change } = await startReview(cwd, ['c.jsonl']);
  await change({ position: 0, id: 'first', ...A_BOAT });
  await change({ position: 0, ...A_BOAT });
  expect(records(cwd)).toHaveLength(3);
  await change({ position: 0, answer: { name: 'alt', value: 'A ship.', before: 'A boat.' } });
  expect(await change({ position: 0, id: 'first', ...A_BOAT })).toMatchObject({ status: 'saved' });
  expect(records(cwd)).toHaveLength(4);
  expect(records(cwd).at(-1)).toMatchObject({ text: 'A ship.' });
});

test('of two pages the later one holds, and hears whose words it replaced', async () => {
  const cwd = await described('-s', 'alt');
  const saw = String(records(cwd)[0]?.text);
  const ada = await startReview(cwd, ['c.jsonl', '--as', 'Ada', '--port', '0']);
  const ben = await startReview(cwd, ['c.jsonl', '--as', 'Ben', '--port', '0']);
  await ada.change({ position: 0, answer: { name: 'alt', value: 'Hers.', before: saw } });
  const his = await ben.change({
    position: 0,
    answer: { name: 'alt', value: 'His.', before: saw },
  });
  expect(his).toMatchObject({ status: 'saved', replaced: { by: 'Ada' } });
  expect(records(cwd).slice(2)).toMatchObject([{ text: 'Hers.' }, { text: 'His.', by: 'Ben' }]);
});

test('a change of another picture than the page showed is refused', async () => {
  const cwd = await described('-s', 'alt');
  const { post, change } = await startReview(cwd, ['c.jsonl']);
  expect(await change({ position: 0, names: ['other.png'], ...A_BOAT })).toMatchObject({
    status: 'refused',
  });
  expect(await change({ position: 7, names: [], ...A_BOAT })).toMatchObject({ status: 'refused' });
  expect(await post('/api/changes', { changes: [{ position: 0 }] })).toMatchObject({ status: 422 });
  expect(records(cwd)).toHaveLength(2);
});

test('the rules of a style are told while one types', async () => {
  const cwd = await described('-s', 'alt');
  const { post } = await startReview(cwd, ['c.jsonl']);
  const check = async (body: object) => (await post('/api/check', body)).json;
  expect(await check({ style: 'alt', value: 'x'.repeat(126) })).toEqual({
    problem: 'it has 126 characters, and 125 are the most',
  });
  expect(await check({ style: 'alt', value: 'An image of a boat' })).toEqual({
    problem: expect.stringContaining('it begins with'),
  });
  expect(await check({ style: 'tags', value: ['boat'] })).toEqual({
    problem: 'it has 1 tags, and 5 are the fewest',
  });
  expect(await check({ style: 'alt', value: 'A boat.' })).toEqual({ problem: null });
  expect(await check({ value: 'anything' })).toEqual({ problem: null });
});

test('find and replace shows what would change, and changes nothing by that', async () => {
  const cwd = temporaryFolder();
  const tags = { data: ['Boat', 'sea'], text: 'Boat, sea', asked: { style: 'tags', prompt: '' } };
  writeFileSync(
    join(cwd, 'c.jsonl'),
    lineOf(okRecord('a.png', { text: 'A boat and boats. $& (boat)' })) +
      lineOf({ ...okRecord('b.png'), ...tags }),
  );
  const { post } = await startReview(cwd, ['c.jsonl']);
  const replace = async (replacement: object) =>
    (await post<{ changes: object[] }>('/api/replace', { positions: [0, 1], replacement })).json;
  expect(await replace({ find: 'boat', put: '$&ship', isWholeWords: true })).toMatchObject({
    changes: [
      { position: 0, after: 'A $&ship and boats. $& ($&ship)' },
      { position: 1, answer: 'tags', after: ['$&ship', 'sea'] },
    ],
    isMore: false,
  });
  expect(await replace({ find: 'Boat', put: '', isCaseSensitive: true })).toMatchObject({
    changes: [{ position: 1, after: ['sea'] }],
  });
  expect(records(cwd)).toHaveLength(2);
});
