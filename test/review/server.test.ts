/** Who may ask the server of `review`, and what it finds and serves. */
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Counts, Query, RowView } from '../../src/review/api.js';
import { run } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { failedRecord, lineOf, okRecord } from '../support/ledgers.js';
import { ask, startReview } from '../support/reviews.js';

const alt = (image: string, text: string, more: object = {}) => ({
  ...okRecord(image, { text, asked: { style: 'alt', prompt: 'Write alt text' } }),
  ...more,
});

function album(...records: object[]): string {
  const folder = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
  writeFileSync(join(folder, 'c.jsonl'), records.map(lineOf).join(''));
  return folder;
}

test('only a browser with the token may ask, and only from a page of its own', async () => {
  const { port, url, child } = await startReview(album(alt('a.png', 'A boat.')), ['c.jsonl']);
  const host = `127.0.0.1:${port}`;
  const token = new URL(url).searchParams.get('token') ?? '';
  const cookie = `gemini-image-review-${port}=${token}`;
  const state = '/api/state';
  const status = async (path: string, headers: Record<string, string>, method?: string) =>
    (await ask(port, path, headers, method)).status;

  expect(await status(state, { host })).toBe(403);
  expect(await status(state, { host, cookie })).toBe(200);
  expect(await status(state, { host, cookie: `${cookie}x` })).toBe(403);
  expect(await status(state, { host: `evil.example:${port}`, cookie })).toBe(421);
  expect(await status(state, { host, cookie, origin: 'https://evil.example' })).toBe(403);
  expect(await status(state, { host, cookie, 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await status('/?token=wrong', { host })).toBe(403);
  // Without its origin, a browser does not say that it is this page that changes something.
  expect(await status('/api/changes', { host, cookie }, 'POST')).toBe(403);
  expect(await status('/api/state', { host, cookie, origin: `http://${host}` }, 'DELETE')).toBe(
    405,
  );

  const opened = await ask(port, `/?token=${token}&q=boat`, { host });
  expect(opened.status).toBe(303);
  expect(opened.headers.location).toBe('/?q=boat');
  expect(opened.headers['set-cookie']).toEqual([`${cookie}; Path=/; HttpOnly; SameSite=Strict`]);

  const page = await ask(port, '/', { host, cookie });
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  child.kill('SIGINT');
});

test('pictures are named by their position, and no path leads out of the ledger', async () => {
  const folder = album(alt('a.png', 'A boat.'), alt('gone.png', 'Gone.'), failedRecord('b.jpg'));
  const { port, url } = await startReview(folder, ['c.jsonl']);
  const host = `127.0.0.1:${port}`;
  const token = new URL(url).searchParams.get('token');
  const cookie = `gemini-image-review-${port}=${token}`;
  const get = (path: string) => ask(port, path, { host, cookie });

  const picture = await get('/picture/0/0?size=small');
  expect(picture.status).toBe(200);
  expect(picture.headers['content-type']).toMatch(/^image\//);
  expect((await get('/picture/2/0?size=large')).status).toBe(200);
  expect((await get('/picture/1/0?size=small')).status).toBe(422);
  for (const path of ['/picture/9/0', '/picture/0/1', '/../c.jsonl', '/a.png', '/picture/a.png']) {
    expect((await get(path)).status).toBe(404);
  }
});

test('finds by words, filters and order, and counts what adds up', async () => {
  const folder = album(
    alt('a.png', 'A red boat.', { costUsd: 0.01 }),
    alt('b.jpg', 'A white lighthouse on a green hill above the sea.', { model: 'gemini-other' }),
    alt('c.png', 'a  RED boat.', { edited: true, at: '2026-01-01T00:00:00Z' }),
    failedRecord('d.png'),
    alt('e.png', 'Rejected.', { reviewed: 'rejected', at: '2026-01-02T00:00:00Z' }),
  );
  const { find, get } = await startReview(folder, ['c.jsonl']);
  const found = async (query: Query) =>
    (await find(String(new URLSearchParams(Object.entries(query))))).positions;

  expect(await find('')).toEqual({ version: 1, total: 5 });
  expect(await found({ q: 'red BOAT' })).toEqual([0, 2]);
  expect(await found({ q: 'd.png' })).toEqual([3]);
  expect(await found({ status: 'failed' })).toEqual([3]);
  expect(await found({ kind: 'service' })).toEqual([3]);
  expect(await found({ reviewed: 'rejected' })).toEqual([4]);
  expect(await found({ reviewed: 'none' })).toEqual([0, 1, 2]);
  expect(await found({ edited: 'yes' })).toEqual([2]);
  expect(await found({ over: 'words>5' })).toEqual([1]);
  expect(await found({ style: 'alt', over: 'chars<10' })).toEqual([4]);
  expect(await found({ model: 'gemini-other' })).toEqual([1]);
  expect(await found({ cost: '0.001' })).toEqual([0]);
  expect(await found({ duplicates: 'yes' })).toEqual([0, 2]);
  expect(await found({ sort: 'words', order: 'down' })).toEqual([1, 0, 2, 4, 3]);
  expect(await found({ sort: 'name' })).toEqual([0, 1, 2, 3, 4]);
  expect(await found({ sort: 'name', order: 'down' })).toEqual([4, 3, 2, 1, 0]);
  expect(await found({ sort: 'status' })).toEqual([3, 0, 1, 2, 4]);
  expect(await found({ q: 'red BOAT', sort: 'name', order: 'down' })).toEqual([2, 0]);

  const counts = await get<Counts>('/api/counts');
  expect(counts).toMatchObject({ all: 5, ok: 4, failed: 1, rejected: 1, unreviewed: 3, edited: 1 });
  expect(counts.accepted + counts.rejected + counts.unreviewed + counts.failed).toBe(counts.all);
  expect(counts.styles).toEqual({ alt: 4 });
});

test('shows tags, fields, boxes and verdicts, and answers of several languages', async () => {
  const box = { label: 'boat', normalized: [100, 200, 300, 400] };
  const verdict = { claim: 'there is a boat', verdict: 'holds', evidence: 'A red one.' };
  const folder = album(
    {
      ...okRecord('a.png', { text: 'x, y', request: '1' }),
      data: ['x', 'y'],
      asked: { style: 'tags', prompt: '' },
    },
    alt('a.png', 'Ein Boot.', { request: '2', asked: { style: 'alt', lang: 'de', prompt: '' } }),
    alt('a.png', 'A boat.', { request: '3', asked: { style: 'alt', lang: 'en', prompt: '' } }),
    { ...okRecord('a.png', { request: '4' }), data: { people: 2, safe: true, boxes: [box] } },
    { ...okRecord('a.png', { request: '5' }), data: { verdicts: [verdict] } },
  );
  const { rows } = await startReview(folder, ['c.jsonl']);
  const [row] = await rows(0);
  expect(row?.answers.map(({ name, value, lang }) => [name, value, lang])).toEqual([
    ['tags', ['x', 'y'], undefined],
    ['alt.de', 'Ein Boot.', 'de'],
    ['alt.en', 'A boat.', 'en'],
  ]);
  expect(row?.fields.map(({ name, kind }) => [name, kind])).toEqual([
    ['people', 'number'],
    ['safe', 'boolean'],
  ]);
  expect(row?.boxes).toEqual([{ label: 'boat', at: [100, 200, 300, 400] }]);
  expect(row?.verdicts).toEqual([verdict]);
});

test('shows what the ledger gains meanwhile', async () => {
  const folder = album(alt('a.png', 'A boat.'));
  const { state, rows } = await startReview(folder, ['c.jsonl']);
  expect(await state()).toMatchObject({ all: 1, version: 1 });
  appendFileSync(
    join(folder, 'c.jsonl'),
    lineOf(alt('a.png', 'A ship.')) + lineOf(alt('b.jpg', 'A lighthouse.')),
  );
  expect(await state()).toMatchObject({ all: 2, version: 2 });
  const said = (await rows(0, 1)).map(({ answers: [answer] }: RowView) => answer?.value);
  expect(said).toEqual(['A ship.', 'A lighthouse.']);
  expect((await rows(0))[0]?.answers[0]?.other).toMatchObject({ value: 'A boat.', isNewer: false });
});

test('says what is wrong with the ledger or the port', async () => {
  const folder = album(alt('a.png', 'A boat.'));
  writeFileSync(join(folder, 'notes.txt'), 'not a ledger\n');
  const none = await run(['review', 'none.jsonl', '--no-open'], { cwd: folder });
  expect(none).toMatchObject({ code: 2, stdout: '' });
  expect(none.stderr).toContain('none.jsonl cannot be read: no such file');
  const other = await run(['review', 'notes.txt', '--no-open'], { cwd: folder });
  expect(other).toMatchObject({ code: 2, stdout: '' });
  const { port, child, finished } = await startReview(folder, ['c.jsonl', '--port', '0']);
  const taken = await run(['review', 'c.jsonl', '--no-open', '--port', String(port)], {
    cwd: folder,
  });
  expect(taken.stderr).toContain(`cannot listen on port ${port}: it is in use`);
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ code: 130, stderr: '' });
});

test.each(['page.js', 'static.js'])(
  'the whole script of the page stays under 60 KB: %s',
  (script) => {
    expect(statSync(`dist/review/page/${script}`).size).toBeLessThan(60_000);
  },
);
