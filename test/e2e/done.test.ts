/** What counts as done: an answer to this question about this picture, wherever it lies now. */
import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pngChunk, withChunks } from '../../scripts/fuzz/parts.mjs';
import type { OkRecord } from '../../src/domain/record.js';
import { album, albumServer, nameOf, recordsIn } from '../support/album.js';
import { runInProcess as run } from '../support/in-process.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

const LEDGER = ['-o', 'captions.jsonl'];
const PHOTOS = ['describe', 'photos', ...LEDGER];

const broken = {
  error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Provided image is not valid.' },
};

function ledgerIn(cwd: string): OkRecord[] {
  return recordsIn(join(cwd, 'captions.jsonl')) as OkRecord[];
}

/** Writes a keyword into a PNG, as exiftool does. */
function tag(path: string): void {
  const xmp = pngChunk('iTXt', 'XML:com.adobe.xmp\0\0\0\0\0', '<x:xmpmeta>a keyword</x:xmpmeta>');
  writeFileSync(path, withChunks(readFileSync(path), [xmp]));
}

function tagAll(cwd: string, count: number, folder = 'photos'): void {
  for (let number = 0; number < count; number += 1) tag(join(cwd, folder, nameOf(number)));
}

test('in one ledger, a question stays answered when another is asked in between', async () => {
  const cwd = await album(5);
  const server = await albumServer();
  await run(PHOTOS, { cwd, ...server });
  await run([...PHOTOS, '-p', 'List ten tags.'], { cwd, ...server });
  const third = await run(PHOTOS, { cwd, ...server });
  expect(third.stderr).toContain('5 done before\n');
  expect(server.requests).toHaveLength(10);
  const asked = ledgerIn(cwd).map((record) => record.asked?.prompt);
  expect(asked.filter((prompt) => prompt === 'List ten tags.')).toHaveLength(5);
});

test('keywords in every picture and a new name for the folder cost no call', async () => {
  const cwd = await album(4);
  const server = await albumServer();
  await run(PHOTOS, { cwd, ...server });
  tagAll(cwd, 4);
  renameSync(join(cwd, 'photos'), join(cwd, 'summer'));
  const args = ['describe', 'summer', ...LEDGER];

  const before = readFileSync(join(cwd, 'captions.jsonl'), 'utf8');
  const estimate = await run([...args, '--dry-run', '-f', 'json'], { cwd, ...server });
  expect(JSON.parse(estimate.stdout)).toMatchObject({ pictures: 4, done: 4, toAsk: 0 });
  expect(readFileSync(join(cwd, 'captions.jsonl'), 'utf8')).toBe(before);

  const second = await run(args, { cwd, ...server });
  expect(second).toMatchObject({ code: 0 });
  expect(second.stderr).toContain('4 done before (under another name or with other metadata)');
  expect(server.requests).toHaveLength(4);

  const records = ledgerIn(cwd);
  expect(records).toHaveLength(8);
  const [old, copy] = ['photos', 'summer'].map((folder) =>
    records.find(({ image }) => image === `${folder}/${nameOf(0)}`),
  );
  expect(copy).toMatchObject({
    copiedFrom: `photos/${nameOf(0)}`,
    text: 'picture 0',
    costUsd: 0,
    request: old?.request,
    pictureSha256: old?.pictureSha256,
  });
  expect(copy).not.toHaveProperty('usage');
  expect(copy?.sha256).not.toBe(old?.sha256);

  const third = await run(args, { cwd, ...server });
  expect(third.stderr).toContain('4 done before\n');
  expect(ledgerIn(cwd)).toHaveLength(8);
});

test('a new keyword writes the record again, so that the next run need not read the picture', async () => {
  const cwd = await album(1);
  const server = await albumServer();
  await run(PHOTOS, { cwd, ...server });
  tagAll(cwd, 1);
  for (let time = 0; time < 2; time += 1) await run(PHOTOS, { cwd, ...server });
  expect(server.requests).toHaveLength(1);
  const [old, copy, ...others] = ledgerIn(cwd);
  expect(others).toEqual([]);
  expect(copy).toMatchObject({ image: old?.image, copiedFrom: old?.image, text: old?.text });
  expect(copy?.size).toBeGreaterThan(old?.size ?? 0);
});

test('the files beside moved pictures are written from the ledger', async () => {
  const cwd = await album(2);
  const server = await albumServer();
  await run(PHOTOS, { cwd, ...server });
  renameSync(join(cwd, 'photos'), join(cwd, 'summer'));
  await run(['describe', 'summer', ...LEDGER, '--sidecar'], { cwd, ...server });
  expect(readFileSync(join(cwd, 'summer', 'p001.txt'), 'utf8')).toBe('picture 1\n');
  expect(server.requests).toHaveLength(2);
});

describe('files beside pictures', () => {
  const BESIDE = ['describe', 'photos', '--sidecar'];
  const textOf = (cwd: string, name: string) => readFileSync(join(cwd, 'photos', name), 'utf8');

  test.each<[string, string[], string]>([
    ['a text', [], 'p000.txt'],
    ['a text after a prefix', ['--prefix', 'ohwx, '], 'p000.txt'],
    ['tags', ['-s', 'tags'], 'p000.txt'],
    ['JSON', ['--fields', 'title, safe:bool'], 'p000.txt'],
    ['JSON without a text', ['--fields', 'n:int'], 'p000.txt'],
    ['a record', ['--fields', 'title', '--sidecar', 'json'], 'p000.json'],
  ])('from the emulator are replaced: %s', async (_, flags, name) => {
    const cwd = await album(1);
    const server = await serve((response) => {
      const tags = '["one","two","three","four","five","six","seven","eight","nine","ten"]';
      const safe = flags.includes('title') ? '' : ',"safe":true';
      const json = flags.includes('n:int') ? '{"n":1}' : `{"title":"A boat."${safe}}`;
      const text = flags.includes('--fields') ? json : flags.includes('-s') ? tags : 'A boat.';
      sendJson(response, 200, answer(text));
    });
    const args = [...BESIDE, ...flags];
    await run([...args, '--offline'], { cwd });
    expect(textOf(cwd, name)).toContain('[offline]');
    const second = await run(args, { cwd, ...server });
    expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 });
    expect(second.stderr).toContain('1 described');
    expect(textOf(cwd, name)).not.toContain('[offline]');
    expect(readdirSync(join(cwd, 'photos')).sort()).toEqual(['p000.png', name].sort());
    await run([...args, '--offline'], { cwd });
    expect(textOf(cwd, name)).not.toContain('[offline]');
  });

  test('from the emulator, as records without a text, are replaced', async () => {
    const cwd = await album(1);
    const server = await serve((response) => sendJson(response, 200, answer('{"n":-1}')));
    const args = [...BESIDE, 'json', '--fields', 'n:int'];
    await run([...args, '--offline'], { cwd });
    const second = await run(args, { cwd, ...server });
    expect(second.stderr).toContain('1 described');
    expect(JSON.parse(textOf(cwd, 'p000.json'))).toMatchObject({ data: { n: -1 } });
  });

  test('that only look as if they came from the emulator are kept aside', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    const own = '[offline] was what the sign said.\nI remember it.\n';
    writeFileSync(join(cwd, 'photos', 'p000.txt'), own);
    writeFileSync(join(cwd, 'photos', 'p001.txt'), 'Their state was "[offline]".\n');
    const { stderr } = await run(BESIDE, { cwd, ...server });
    expect(stderr).toContain('1 file that was there before is kept, with a ~ behind its name');
    expect(textOf(cwd, 'p000.txt')).toBe('picture 0\n');
    expect(textOf(cwd, 'p000.txt~')).toBe(own);
    expect(textOf(cwd, 'p001.txt')).toBe('Their state was "[offline]".\n');
  });

  test('that appear while their picture is asked about are kept, and the answer is printed', async () => {
    const cwd = await album(1);
    const server = await serve((response) => {
      writeFileSync(join(cwd, 'photos', 'p000.txt'), 'theirs\n');
      sendJson(response, 200, answer('A boat.'));
    });
    const { stderr } = await run(BESIDE, { cwd, ...server });
    expect(stderr).toContain(
      "photos/p000.txt has come while its picture was asked about, and is kept; this run's answer is: A boat.\n",
    );
    expect(textOf(cwd, 'p000.txt')).toBe('theirs\n');
  });

  test('are counted apart from the results file, and were not compared', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    await run([...BESIDE, '--limit', '2'], { cwd, ...server });
    const { stderr } = await run([...BESIDE, ...LEDGER], { cwd, ...server });
    expect(stderr).toContain(
      '1 described, 2 files were there before and were kept, not compared with the question and ' +
        'not in captions.jsonl: photos/p000.txt, photos/p001.txt',
    );
    expect(ledgerIn(cwd)).toHaveLength(1);
  });

  test('as records are compared with the question', async () => {
    const cwd = await album(1);
    const server = await serve((response) =>
      sendJson(response, 200, answer('{"title":"A boat."}')),
    );
    const args = [...BESIDE, 'json', '--fields', 'title'];
    await run(args, { cwd, ...server });
    const again = await run([...args, ...LEDGER], { cwd, ...server });
    expect(again.stderr).toContain('1 done before');
    expect(again.stderr).toContain(
      'not in captions.jsonl but only beside the pictures: photos/p000.json\n',
    );
    const other = await run([...args, '--lang', 'de'], { cwd, ...server });
    expect(other.stderr).toContain('not compared with the question: photos/p000.json');
    expect(server.requests).toHaveLength(1);
  });
});

describe('files beside pictures that the results file knows', () => {
  const BESIDE = [...PHOTOS, '--sidecar'];
  const textOf = (cwd: string, name: string) => readFileSync(join(cwd, 'photos', name), 'utf8');
  const filesIn = (cwd: string) => readdirSync(join(cwd, 'photos')).sort();
  /** Answers with what was asked. */
  const echo = () =>
    serve((response, _at, { json }) => {
      const prompt = /"text":"([^"]*)"/.exec(JSON.stringify(json))?.[1];
      sendJson(response, 200, answer(`asked: ${prompt}`));
    });

  test('get the answers to the current question', async () => {
    const cwd = await album(2);
    const server = await echo();
    const [red, blue] = ['red', 'blue'].map((word) => [...BESIDE, '-p', word]);
    await run(red ?? [], { cwd, ...server });
    expect(textOf(cwd, 'p000.txt')).toBe('asked: red\n');
    const estimate = await run([...(blue ?? []), '--dry-run', '-f', 'json'], { cwd, ...server });
    expect(JSON.parse(estimate.stdout)).toMatchObject({ done: 0, toAsk: 2 });
    const second = await run(blue ?? [], { cwd, ...server });
    expect(second.stderr).toContain('2 described');
    expect(second.stderr).not.toContain('with a ~');
    expect(textOf(cwd, 'p000.txt')).toBe('asked: blue\n');
    const third = await run(red ?? [], { cwd, ...server });
    expect(third.stderr).toContain('2 done before');
    expect(textOf(cwd, 'p000.txt')).toBe('asked: red\n');
    expect(server.requests).toHaveLength(4);
    expect(filesIn(cwd)).toEqual(['p000.png', 'p000.txt', 'p001.png', 'p001.txt']);
  });

  test('are kept if a person has changed them', async () => {
    const cwd = await album(1);
    const server = await echo();
    await run([...BESIDE, '-p', 'red', '--prefix', 'ohwx, '], { cwd, ...server });
    const place = join(cwd, 'photos', 'p000.txt');
    writeFileSync(place, `${readFileSync(place, 'utf8')}And a dog.\n`);
    const second = await run([...BESIDE, '-p', 'blue'], { cwd, ...server });
    expect(second.stderr).toContain(`not compared with the question and not in`);
    expect(textOf(cwd, 'p000.txt')).toBe('ohwx, asked: red\nAnd a dog.\n');
    await run([...BESIDE, '-p', 'blue', '--redo'], { cwd, ...server });
    expect(textOf(cwd, 'p000.txt')).toBe('asked: blue\n');
    expect(textOf(cwd, 'p000.txt~')).toBe('ohwx, asked: red\nAnd a dog.\n');
  });

  test('are replaced by --redo, and need no copy', async () => {
    const cwd = await album(1);
    let asked = 0;
    const server = await serve((response) => {
      asked += 1;
      sendJson(response, 200, answer(`A boat, ${asked}.`));
    });
    const args = ['describe', 'photos/p000.png', ...LEDGER, '--sidecar'];
    await run(args, { cwd, ...server });
    for (let time = 0; time < 2; time += 1) await run([...args, '--redo'], { cwd, ...server });
    expect(textOf(cwd, 'p000.txt')).toBe('A boat, 3.\n');
    expect(filesIn(cwd)).toEqual(['p000.png', 'p000.txt']);
  });
});

test('an answer of the emulator does not count for a server on this machine', async () => {
  const cwd = await album(1);
  const server = await albumServer();
  await run([...PHOTOS, '--offline'], { cwd });
  const { stderr } = await run(PHOTOS, { cwd, ...server });
  expect(stderr).toContain('1 described');
  expect(ledgerIn(cwd).map(({ text }) => text)).toEqual([
    expect.stringContaining('[offline]'),
    'picture 0',
  ]);
});

describe('a picture is recognized only', () => {
  test('under its own name, if the prompt has the name', async () => {
    const cwd = await album(1);
    const server = await albumServer();
    const prompt = ['-p', 'Is this {name}?'];
    await run([...PHOTOS, ...prompt], { cwd, ...server });
    tagAll(cwd, 1);
    await run([...PHOTOS, ...prompt], { cwd, ...server });
    expect(server.requests).toHaveLength(1);
    renameSync(join(cwd, 'photos'), join(cwd, 'summer'));
    await run(['describe', 'summer', ...LEDGER, ...prompt], { cwd, ...server });
    expect(server.requests).toHaveLength(2);
  });

  test('under its own name, if the context has the name', async () => {
    const cwd = await album(1);
    const server = await albumServer();
    const context = ['--context', 'From {folder}'];
    await run([...PHOTOS, ...context], { cwd, ...server });
    renameSync(join(cwd, 'photos'), join(cwd, 'summer'));
    await run(['describe', 'summer', ...LEDGER, ...context], { cwd, ...server });
    expect(server.requests).toHaveLength(2);
  });

  test.each([['--keep-metadata'], ['--original']])(
    'with its very bytes, where its metadata is sent: %s',
    async (flag) => {
      const cwd = await album(1);
      const server = await albumServer();
      await run([...PHOTOS, flag], { cwd, ...server });
      renameSync(join(cwd, 'photos'), join(cwd, 'summer'));
      await run(['describe', 'summer', ...LEDGER, flag], { cwd, ...server });
      expect(server.requests).toHaveLength(1);
      tagAll(cwd, 1, 'summer');
      await run(['describe', 'summer', ...LEDGER, flag], { cwd, ...server });
      expect(server.requests).toHaveLength(2);
    },
  );
});

describe('a ledger of an earlier build', () => {
  /** Without the fields that it did not have. */
  function makeOld(cwd: string): void {
    const lines = ledgerIn(cwd).map(({ pictureSha256: _, asked: __, ...record }) =>
      JSON.stringify(record),
    );
    writeFileSync(join(cwd, 'captions.jsonl'), `${lines.join('\n')}\n`);
  }

  test('goes on without a call', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    await run(PHOTOS, { cwd, ...server });
    makeOld(cwd);
    expect((await run(PHOTOS, { cwd, ...server })).stderr).toContain('3 done before\n');
    renameSync(join(cwd, 'photos'), join(cwd, 'summer'));
    await run(['describe', 'summer', ...LEDGER], { cwd, ...server });
    expect(server.requests).toHaveLength(3);
  });

  test('no longer recognizes a rewritten file', async () => {
    const cwd = await album(1);
    const server = await albumServer();
    await run(PHOTOS, { cwd, ...server });
    makeOld(cwd);
    tagAll(cwd, 1);
    await run(PHOTOS, { cwd, ...server });
    expect(server.requests).toHaveLength(2);
  });
});

describe('equal pictures of one run', () => {
  const isCopy = (record?: OkRecord) => record?.copiedFrom !== undefined;

  /** An album whose last picture is its first one once more, with a keyword. */
  async function albumWithTwins(): Promise<string> {
    const cwd = await album(2);
    copyFileSync(join(cwd, 'photos', nameOf(0)), join(cwd, 'photos', 'twin.png'));
    tag(join(cwd, 'photos', 'twin.png'));
    return cwd;
  }

  test.each([['1'], ['8']])('are asked about once, %s at once', async (concurrency) => {
    const cwd = await albumWithTwins();
    const server = await albumServer();
    const args = ['describe', 'photos', '-f', 'json', '-c', concurrency];
    const { stdout, stderr } = await run(args, { cwd, ...server });
    expect(server.requests).toHaveLength(2);
    const records = JSON.parse(stdout) as OkRecord[];
    // Of pictures that are asked about at once, either may be the first to be asked about.
    const [asked, copy] = [records[0], records[2]].sort(
      (one, other) => Number(isCopy(one)) - Number(isCopy(other)),
    );
    expect(asked).not.toHaveProperty('copiedFrom');
    expect(asked).toHaveProperty('usage');
    expect(copy).toMatchObject({ copiedFrom: asked?.image, text: asked?.text, costUsd: 0 });
    expect(copy).not.toHaveProperty('usage');
    expect(stderr).toContain('3 described, 1 of them equal to another');
  });

  test('are asked about one by one, if the first one fails', async () => {
    const cwd = await albumWithTwins();
    const server = await albumServer((number, response, at) => {
      if (number === 0 && at < 2) sendJson(response, 400, broken);
    });
    const { stderr } = await run([...PHOTOS, '-c', '1'], { cwd, ...server });
    expect(server.requests).toHaveLength(3);
    expect(stderr).toContain('2 described, 1 failed');
  });

  test('are different if the prompt has their names', async () => {
    const cwd = await albumWithTwins();
    const server = await albumServer();
    await run([...PHOTOS, '-p', 'Is this {name}?'], { cwd, ...server });
    expect(server.requests).toHaveLength(3);
  });

  test('are different if their metadata is sent', async () => {
    const cwd = await albumWithTwins();
    const server = await albumServer();
    await run([...PHOTOS, '--keep-metadata'], { cwd, ...server });
    expect(server.requests).toHaveLength(3);
  });
});
