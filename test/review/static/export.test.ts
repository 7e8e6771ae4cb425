/** `review --static`: a folder with the page over a ledger, for people without the program. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';
import { expect, test } from 'vitest';
import type { WholeLedger } from '../../../src/review/api.js';
import { fixture, temporaryFolder } from '../../support/files.js';
import { runInProcess } from '../../support/in-process.js';
import { failedRecord, lineOf, okRecord } from '../../support/ledgers.js';

const alt = (image: string, text: string, more: object = {}) => ({
  ...okRecord(image, { text, asked: { style: 'alt', lang: 'en', prompt: 'Write alt text' } }),
  ...more,
});

function album(...records: object[]): string {
  const folder = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
  writeFileSync(join(folder, 'c.jsonl'), records.map(lineOf).join(''));
  return folder;
}

const write = (cwd: string, ...args: string[]) =>
  runInProcess(['review', 'c.jsonl', '--static', 'out', ...args], { cwd });

/** The elements of a page by their names, as a browser finds them, each with its text. */
function elementsIn(html: string) {
  const found: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const look = (nodes: readonly DefaultTreeAdapterTypes.ChildNode[]) => {
    for (const node of nodes) {
      if (!defaultTreeAdapter.isElementNode(node)) continue;
      const text = node.childNodes.filter(defaultTreeAdapter.isTextNode);
      found.push({
        name: node.tagName,
        attributes: Object.fromEntries(node.attrs.map(({ name, value }) => [name, value])),
        text: text.map(({ value }) => value).join(''),
      });
      look(node.childNodes);
    }
  };
  look(parse(html).childNodes);
  return found;
}

function exported(folder: string): WholeLedger & { html: string } {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const data = elementsIn(html).find(({ attributes }) => attributes.id === 'ledger');
  const whole: WholeLedger = JSON.parse(data?.text ?? '');
  return { ...whole, html };
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.gemini-image'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

test('is one page with all rows, small pictures beside it, and links to the large ones', async () => {
  const folder = album(
    alt('a.png', 'A boat.', { reviewed: 'accepted', at: '2026-01-01T00:00:00Z', by: 'Ada' }),
    alt('b.jpg', 'A lighthouse.'),
    alt('b.jpg', 'A white lighthouse.'),
    failedRecord('c d#%?.png'),
  );
  copyFileSync(fixture('small.png'), join(folder, 'c d#%?.png'));
  const { code, stdout, stderr } = await write(folder);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'out/index.html\n' });
  expect(stderr).toContain('3 pictures to look at, without a server: open out/index.html');
  const out = join(folder, 'out');
  expect(filesIn(out)).toEqual([
    'index.html',
    ...['thumbnails/0/0.png', 'thumbnails/0/1.jpg', 'thumbnails/0/2.png'],
  ]);
  const { state, rows } = exported(out);
  expect(state).toMatchObject({ ledger: 'c.jsonl', all: 3, names: ['alt'], kept: 0 });
  expect(
    rows.map(({ answers, reviewed, differs }) => [answers[0]?.value, reviewed, differs]),
  ).toEqual([
    ['A boat.', 'accepted', undefined],
    ['A white lighthouse.', undefined, true],
    [undefined, undefined, undefined],
  ]);
  expect(rows.map(({ pictures: [picture] }) => picture)).toMatchObject([
    { name: 'a.png', thumb: 'thumbnails/0/0.png', large: '../a.png' },
    { name: 'b.jpg', thumb: 'thumbnails/0/1.jpg', large: '../b.jpg' },
    { name: 'c d#%?.png', thumb: 'thumbnails/0/2.png', large: '../c%20d%23%25%3F.png' },
  ]);
  expect(rows[2]?.failure).toMatchObject({ kind: 'service', message: 'the server is down' });
});

test('what a model says cannot end the data, and no script but ours may run', async () => {
  const hostile =
    '</script><script>alert(1)</script><!-- <script> --><img src=x onerror=alert(2)>\u2028\u2029]]>\0';
  const folder = album(alt('a.png', hostile), alt('b.jpg', '<!--<script'));
  writeFileSync(join(folder, '<b>&.jsonl'), readFileSync(join(folder, 'c.jsonl')));
  await runInProcess(['review', '<b>&.jsonl', '--static', 'out'], { cwd: folder });
  const { rows, state, html } = exported(join(folder, 'out'));
  expect(rows.map(({ answers: [answer] }) => answer?.value)).toEqual([hostile, '<!--<script']);
  expect(state.ledger).toBe('<b>&.jsonl');
  const elements = elementsIn(html);
  expect(elements.find(({ name }) => name === 'title')?.text).toBe('<b>&.jsonl');
  expect(elements.filter(({ name }) => name === 'img')).toEqual([]);
  const [data, script, ...others] = elements.filter(({ name }) => name === 'script');
  expect(others).toEqual([]);
  expect(data?.attributes).toEqual({ type: 'application/json', id: 'ledger' });
  const policy = elements.flatMap(({ attributes }) =>
    attributes['http-equiv'] === 'Content-Security-Policy' ? (attributes.content ?? '') : [],
  );
  const hash = createHash('sha256')
    .update(script?.text ?? '')
    .digest('base64');
  expect(policy.join()).toContain(`default-src 'none'; script-src 'sha256-${hash}'`);
  expect(policy.join()).not.toContain('unsafe');
});

test('says nothing of the folders of this machine', async () => {
  const folder = album();
  mkdirSync(join(folder, 'work'));
  mkdirSync(join(folder, 'photos', 'sea'), { recursive: true });
  for (const name of ['photos/a.png', 'photos/sea/b.png', 'work/c.png']) {
    copyFileSync(fixture('small.png'), join(folder, name));
  }
  const failed = failedRecord('gone.png');
  const message = `${join(folder, 'photos/x.txt')} is not there, nor ${join(folder, 'work/y.txt')}`;
  const records = [
    alt(join(folder, 'photos/a.png'), 'A'),
    alt('../photos/sea/b.png', 'B'),
    alt(join(folder, 'work/c.png'), 'C'),
    alt('C:\\Users\\ada\\d.png', 'D'),
    { ...failed, error: { ...failed.error, message } },
  ];
  writeFileSync(join(folder, 'work', 'c.jsonl'), records.map(lineOf).join(''));
  await write(join(folder, 'work'), '--copy');
  const { rows, html } = exported(join(folder, 'work', 'out'));
  expect(html).not.toContain(folder);
  expect(rows.map(({ pictures: [picture] }) => picture?.name)).toEqual([
    ...['a.png', 'sea/b.png', 'c.png', 'd.png', 'gone.png'],
  ]);
  expect(rows.at(-1)?.failure?.message).toBe('x.txt is not there, nor y.txt');
});

test('--copy takes the pictures along, without metadata, as files that every browser shows', async () => {
  const folder = album(
    ...[alt('a.png', 'A'), alt('b.jpg', 'B'), alt('x/a.png', 'C'), alt('s.heic', 'D')],
  );
  mkdirSync(join(folder, 'x'));
  copyFileSync(fixture('small.png'), join(folder, 'x', 'a.png'));
  copyFileSync(fixture('small.heic'), join(folder, 's.heic'));
  expect(readFileSync(join(folder, 'b.jpg'), 'latin1')).toContain('Exif');
  expect((await write(folder, '--copy')).code).toBe(0);
  const out = join(folder, 'out');
  const { rows } = exported(out);
  const links = rows.map(({ pictures: [picture] }) => picture?.large ?? '');
  expect(links).toEqual([
    ...['pictures/0/0-a.png', 'pictures/0/1-b.jpg', 'pictures/0/2-a.png', 'pictures/0/3-s.jpg'],
  ]);
  for (const link of links) {
    const bytes = readFileSync(join(out, link), 'latin1');
    expect(bytes.slice(0, 4)).toMatch(/^(?:\x89PNG|\xff\xd8\xff)/);
    expect(bytes).not.toContain('Exif');
  }
});

test('what cannot be shown is named, and its answers are there', async () => {
  const folder = album(
    alt('a.png', 'A'),
    alt('gone.png', 'B'),
    alt('text.jpg', 'C'),
    alt('https://ada:secret@example.org/d.png?key=secret', 'D'),
  );
  writeFileSync(join(folder, 'text.jpg'), 'no picture');
  const { code, stderr } = await write(folder);
  expect(code).toBe(3);
  expect(stderr).toContain(
    'warning: 2 pictures are not shown, the first is gone.png: it is not there any more',
  );
  expect(stderr).toContain('https://example.org/d.png is not shown: the page asks no server');
  const { rows, html } = exported(join(folder, 'out'));
  expect(rows.map(({ answers: [answer] }) => answer?.value)).toEqual(['A', 'B', 'C', 'D']);
  expect(rows.map(({ pictures: [picture] }) => picture)).toMatchObject([
    { thumb: 'thumbnails/0/0.png' },
    { isBroken: true },
    { isBroken: true },
    { name: 'https://example.org/d.png' },
  ]);
  expect(rows[1]?.pictures[0]).not.toHaveProperty('large');
  expect(html).not.toContain('secret');
});

test('replaces an export of its own that is as it was, and nothing else', async () => {
  const folder = album(alt('a.png', 'A boat.'));
  const out = join(folder, 'out');
  await write(folder);
  appendFileSync(join(folder, 'c.jsonl'), lineOf(alt('b.jpg', 'A lighthouse.')));
  expect((await write(folder)).code).toBe(0);
  expect(exported(out).rows).toHaveLength(2);

  writeFileSync(join(out, 'notes.txt'), 'mine');
  const refused = await write(folder);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('out has been changed since it was exported');
  expect(refused.stderr).toContain('--static');
  expect((await write(folder, '--overwrite')).code).toBe(0);
  expect(readFileSync(join(folder, 'out~', 'notes.txt'), 'utf8')).toBe('mine');

  mkdirSync(join(folder, 'mine'));
  writeFileSync(join(folder, 'mine', 'index.html'), 'mine');
  for (const name of ['mine', '.', 'a.png', '']) {
    const other = await runInProcess(['review', 'c.jsonl', '--static', name, '--overwrite'], {
      cwd: folder,
    });
    expect([name, other.code]).toEqual([name, 2]);
  }
  expect(readFileSync(join(folder, 'mine', 'index.html'), 'utf8')).toBe('mine');
  expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
});

test('Ctrl-C leaves nothing, and an earlier export as it was', async () => {
  const folder = album(alt('a.png', 'A boat.'));
  await write(folder);
  const many = Array.from({ length: 60 }, (_, number) => {
    copyFileSync(fixture('turned.jpg'), join(folder, `${number}.jpg`));
    return alt(`${number}.jpg`, 'B');
  });
  appendFileSync(join(folder, 'c.jsonl'), many.map(lineOf).join(''));
  const begun = async () => {
    while (!existsSync(join(folder, 'out.unfinished', 'thumbnails'))) await setImmediate();
  };
  const { code, stdout } = await runInProcess(['review', 'c.jsonl', '--static', 'out'], {
    cwd: folder,
    interrupted: begun(),
  });
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual(['out']);
  expect(exported(join(folder, 'out')).rows).toHaveLength(1);
});

test('a ledger without records, and one with changes that wait', async () => {
  const folder = album();
  expect((await write(folder)).code).toBe(0);
  expect(exported(join(folder, 'out'))).toMatchObject({ state: { all: 0 }, rows: [] });

  appendFileSync(join(folder, 'c.jsonl'), lineOf(alt('a.png', 'A boat.')));
  const change = { id: '1', position: 0, names: ['a.png'], at: '2026-01-01T00:00:00Z' };
  writeFileSync(join(folder, 'c.jsonl.review'), lineOf({ ...change, review: 'accepted' }));
  expect((await write(folder)).stderr).toContain('1 change waits in c.jsonl.review');
  expect(readFileSync(join(folder, 'c.jsonl'), 'utf8').split('\n')).toHaveLength(2);
});

test.each([
  [['--static', 'out', '--port', '0'], "cannot be used with option '--port <n>'"],
  [['--static', 'out', '--as', 'Ada'], "cannot be used with option '--as <name>'"],
  [['--static', 'out', '--no-open'], "cannot be used with option '--no-open'"],
  [['--copy'], '--copy is for what --static writes'],
  [['--overwrite'], '--overwrite is for what --static writes'],
])('%j is refused', async (args, words) => {
  const folder = album(alt('a.png', 'A boat.'));
  const { code, stderr } = await runInProcess(['review', 'c.jsonl', ...args], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});
