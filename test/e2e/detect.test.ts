/** `detect`: what it asks, and where it says that things are. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { album, nameOf, recordsIn } from '../support/album.js';
import { forEach } from '../support/at-once.js';
import { BLOCK, darkPixels, writeBlocks } from '../support/blocks.js';
import { run } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  dailyQuota,
  finds,
  overloaded,
  promptsOf,
  type Reply,
  refuses,
  replying,
  replyingTo,
  says,
} from '../support/judges.js';
import { KEY } from '../support/scripted-server.js';

/** 96 × 64. */
const BOAT = fixture('small.png');
const A = `photos/${nameOf(0)}`;
const B = `photos/${nameOf(1)}`;
const C = `photos/${nameOf(2)}`;
const MISSING = 'photos/nothere.png';

const LEFT_HALF = { label: 'boat', box_2d: [0, 0, 1000, 500] };
const TOP_RIGHT = { label: 'sail', box_2d: [0, 500, 500, 1000] };

describe('the answer', () => {
  test('as text is one line per box, in pixels', async () => {
    const server = await replying(finds(LEFT_HALF, TOP_RIGHT));
    expect(await run(['detect', BOAT], server)).toEqual({
      ...{ code: 0, signal: null, stderr: '' },
      stdout: 'boat\t0\t0\t48\t64\nsail\t48\t0\t48\t32\n',
    });
  });

  test('of several pictures has the picture first', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'small.jpg' });
    const { env } = await replying(finds(LEFT_HALF, TOP_RIGHT));
    const { stdout, code } = await runInProcess(['detect', 'a.png', 'nothere.png', 'b.jpg'], {
      cwd,
      env,
    });
    expect(code).toBe(3);
    const lines = ['a.png', 'b.jpg'].map(
      (name) => `${name}\tboat\t0\t0\t48\t64\n${name}\tsail\t48\t0\t48\t32\n`,
    );
    expect(stdout).toBe(lines.join(''));
  });

  test('as JSON also has the boxes as the model gave them', async () => {
    const server = await replying(finds(LEFT_HALF));
    const { stdout } = await runInProcess(['detect', BOAT, '-f', 'json'], server);
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({ image: BOAT, status: 'ok', text: 'boat\t0\t0\t48\t64' });
    expect(record.data).toEqual({
      boxes: [
        {
          label: 'boat',
          box: { x: 0, y: 0, width: 48, height: 64 },
          normalized: [0, 0, 1000, 500],
        },
      ],
      dropped: 0,
    });
  });

  test('is corrected if possible, and otherwise dropped and counted', async () => {
    const server = await replying(
      finds(
        { label: 'inverted', box_2d: [500, 1000, 0, 500] },
        { label: 'outside', box_2d: [-200, -5, 500, 1200] },
        { label: 'fraction', box_2d: [0.4, 250.5, 999.6, 749.5] },
        { label: 'a\tb\r\nc\u2028 d', box_2d: [0, 0, 1000, 1000] },
        { label: '  ', box_2d: [0, 0, 1, 1] },
        { label: 'without an area', box_2d: [10, 10, 10, 500] },
        { label: 'beyond', box_2d: [1200, 1200, 1500, 1500] },
        { label: 'too few', box_2d: [0, 0, 1000] },
        { label: 'in quotes', box_2d: ['0', '0', '1000', '1000'] },
        { label: 'no numbers', box_2d: ['a', 'b', 'c', 'd'] },
        { label: 'none', box_2d: null },
        { label: 7, box_2d: [0, 0, 1000, 1000] },
      ),
    );
    const [text, json] = await Promise.all([
      runInProcess(['detect', BOAT], server),
      runInProcess(['detect', BOAT, '-f', 'json', '-q'], server),
    ]);
    expect(text.code).toBe(0);
    expect(text.stdout).toBe(
      [
        'inverted\t48\t0\t48\t32\n',
        'outside\t0\t0\t96\t32\n',
        'fraction\t24\t0\t48\t64\n',
        'a b c d\t0\t0\t96\t64\n',
        'in quotes\t0\t0\t96\t64\n',
      ].join(''),
    );
    expect(text.stderr).toMatch(/^gemini-image: warning: .*small\.png: 7 boxes of the answer make/);
    expect(JSON.parse(json.stdout).data).toMatchObject({ dropped: 7, boxes: { length: 5 } });
    expect(json.stderr).toBe('');
  });

  test('may be that there is nothing', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const { env } = await replying(finds());
    const [text, json, several] = await forEach(
      [['a.png'], ['a.png', '-f', 'json'], ['a.png', 'b.png', '-f', 'coco']],
      (args) => runInProcess(['detect', ...args], { cwd, env }),
    );
    expect(text).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(json?.code).toBe(0);
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({
      ...{ status: 'ok', text: '', empty: true },
      data: { boxes: [], dropped: 0 },
    });
    expect(JSON.parse(several?.stdout ?? '')).toMatchObject({
      images: [{ id: 1 }, { id: 2 }],
      annotations: [],
      categories: [],
    });
  });

  test('fails with the code of the reason', async () => {
    const cases: [what: string, code: number, replies: Reply[], requests: number][] = [
      ['a wrong answer, then a right one', 0, [says('```json\n[]'), finds(LEFT_HALF)], 2],
      ['a wrong answer twice', 7, [says('{"box_2d":[0,0,1,1]}'), says('[]')], 2],
      ['a refusal', 7, [refuses], 1],
      ['a dead server', 6, [overloaded], 1],
      ['a quota', 5, [dailyQuota], 1],
    ];
    const ends = await forEach(cases, async ([what, , replies]) => {
      const server = await replying(...replies);
      const { code } = await runInProcess(['detect', BOAT, '--retries', '0'], server);
      return { what, code, requests: server.requests.length };
    });
    expect(ends).toEqual(cases.map(([what, code, , requests]) => ({ what, code, requests })));
  });
});

describe('the question', () => {
  test('names the wanted objects exactly', async () => {
    const names = ['{name}', '{{nope}', '"a\\b" \'c\'', '</objects>', '⛵ é', 'x'.repeat(10_000)];
    const server = await replying(finds());
    await runInProcess(['detect', BOAT, '--what', names.join(', ')], server);
    const [prompt = ''] = promptsOf(server);
    for (const name of names) expect(prompt.split('\n')).toContain(name);
    const { generationConfig } = server.requests[0]?.json ?? {};
    expect(generationConfig.responseMimeType).toBe('application/json');
    expect(generationConfig.responseJsonSchema.required).toEqual(['boxes']);
  });

  test('passes the strict emulator; a dry run shows it, and asks nothing', async () => {
    const [offline, dry] = await Promise.all([
      runInProcess(['detect', BOAT, '--what', 'boats', '--offline']),
      runInProcess(['detect', BOAT, '--what', 'boats', '--dry-run']),
    ]);
    expect(offline.code).toBe(0);
    expect(offline.stdout).toMatch(/^(boats(\t\d+){4}\n)+$/);
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.stdout).body.contents[0].parts.at(-1).text).toContain('boats');
  });

  test('what makes no sense is refused before it is asked', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const server = await replying(finds());
    const cases: string[][] = [
      ['--what', ' , ,'],
      ['--together'],
      ['-f', 'csv'],
      ['-o', 'b.png'],
      ['-f', 'coco', '-o', 'a.png'],
    ];
    await forEach(cases, async (flags) => {
      const result = await runInProcess(['detect', 'a.png', ...flags], { cwd, env: server.env });
      expect(result, flags.join(' ')).toMatchObject({ code: 2, stdout: '' });
    });
    expect(server.requests).toHaveLength(0);
    expect(readdirSync(cwd)).toEqual(['a.png', 'b.png']);
    for (const name of ['a.png', 'b.png']) {
      expect(readFileSync(join(cwd, name))).toEqual(readFileSync(BOAT));
    }
  });
});

describe('a JSON Lines file', () => {
  test('is a ledger: what is done is not asked again, except about other things', async () => {
    const cwd = await album(2);
    const server = await replyingTo(finds(), finds(LEFT_HALF));
    const args = ['detect', 'photos', '-o', 'boxes.jsonl'];
    const go = async (...more: string[]) => {
      const { code } = await runInProcess([...args, ...more], { cwd, env: server.env });
      return { code, requests: server.requests.length };
    };
    expect(await go()).toEqual({ code: 0, requests: 2 });
    expect(await go()).toEqual({ code: 0, requests: 2 });
    expect(await go('--what', 'dogs')).toEqual({ code: 0, requests: 4 });
    expect(recordsIn(join(cwd, 'boxes.jsonl'))).toHaveLength(4);
    // A description is another question.
    await runInProcess(['describe', 'photos', '-o', 'boxes.jsonl', '--retries', '0'], {
      cwd,
      env: server.env,
    });
    expect(server.requests).toHaveLength(6);
  });
});

describe('COCO', () => {
  test('has pictures, categories and boxes with matching ids, but not what failed', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
    const { env } = await replying(finds(LEFT_HALF, TOP_RIGHT), finds(TOP_RIGHT));
    const args = ['detect', 'a.png', 'nothere.png', 'b.jpg', '-c', '1', '-f', 'coco'];
    const { code } = await runInProcess([...args, '-o', 'dogs.json'], { cwd, env });
    expect(code).toBe(3);
    const file = JSON.parse(readFileSync(join(cwd, 'dogs.json'), 'utf8'));
    expect(file).toMatchObject({
      images: [
        { id: 1, file_name: 'a.png', width: 96, height: 64 },
        { id: 2, file_name: 'b.jpg', width: 96, height: 64 },
      ],
      categories: [
        { id: 1, name: 'boat' },
        { id: 2, name: 'sail' },
      ],
    });
    expect(file.annotations).toEqual(
      [
        { image_id: 1, category_id: 1, bbox: [0, 0, 48, 64] },
        { image_id: 1, category_id: 2, bbox: [48, 0, 48, 32] },
        // Stored on its side: the top lies at the left, the right at the top.
        { image_id: 2, category_id: 2, bbox: [0, 0, 48, 32] },
      ].map((one, at) => ({
        id: at + 1,
        ...one,
        area: (one.bbox[2] ?? 0) * (one.bbox[3] ?? 0),
        ...{ iscrowd: 0, segmentation: [] },
      })),
    );
  });

  test('begins with the names of --what, and has the orientation of each picture', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
    const { env } = await replying(finds(TOP_RIGHT, { ...LEFT_HALF, label: 'Dog' }));
    const args = ['detect', 'a.png', 'b.jpg', '--what', 'dog, boat, sail', '-f', 'coco'];
    const { images, categories, annotations } = JSON.parse(
      (await runInProcess(args, { cwd, env })).stdout,
    );
    expect(images).toEqual([
      { id: 1, file_name: 'a.png', width: 96, height: 64 },
      { id: 2, file_name: 'b.jpg', width: 96, height: 64, orientation: 6 },
    ]);
    expect(categories).toEqual(
      ['dog', 'boat', 'sail'].map((name, index) => ({ id: index + 1, name })),
    );
    const kinds = annotations.map((one: { category_id: number }) => one.category_id);
    expect(kinds).toEqual([3, 1, 3, 1]);
  });

  test('is complete if the run ended early, with what was paid for', async () => {
    const cwd = await album(3);
    const { env } = await replyingTo(finds(LEFT_HALF), dailyQuota, finds());
    const args = ['detect', A, B, C, '-c', '1', '-f', 'coco', '-o', 'dogs.json'];
    expect((await runInProcess(args, { cwd, env })).code).toBe(5);
    expect(existsSync(join(cwd, 'dogs.json'))).toBe(true);
    const file = JSON.parse(readFileSync(join(cwd, 'dogs.json'), 'utf8'));
    expect(file.images).toEqual([{ id: 1, file_name: A, width: 1, height: 1 }]);
  });

  test('of an earlier run stays if nothing was found out', async () => {
    const cwd = await album(1);
    const { env } = await replying(overloaded);
    const old = '{"info":{"description":"Boxes around objects, found by gemini-image"}}\n';
    writeFileSync(join(cwd, 'dogs.json'), old);
    const args = ['detect', A, MISSING, '-f', 'coco', '-o', 'dogs.json', '--retries', '0'];
    expect((await runInProcess(args, { cwd, env })).code).toBe(3);
    expect(readFileSync(join(cwd, 'dogs.json'), 'utf8')).toBe(old);
  });
});

test('pixels are those of the file, however it was turned or shrunk', async () => {
  const cwd = temporaryFolder();
  const names = await writeBlocks(cwd);
  const { env } = await replying(finds({ label: 'block', box_2d: BLOCK.box_2d }));
  const args = ['detect', ...names, '--max-edge', '200', '-f', 'json'];
  const records = JSON.parse((await runInProcess(args, { cwd, env })).stdout);
  expect(records).toHaveLength(8);
  for (const { image, data, sent, width, height } of records) {
    // What was sent is upright, and smaller.
    expect(sent).toMatchObject({ width: 200, height: 100 });
    const stored = await sharp(join(cwd, image)).metadata();
    expect([width, height]).toEqual([stored.width, stored.height]);
    expect(data.boxes[0].box, image).toEqual(await darkPixels(join(cwd, image)));
  }
});

test('a dry run over several pictures needs no key, and knows what is done', async () => {
  const cwd = await album(3);
  const { env } = await replyingTo(finds(), finds(), finds());
  const args = ['detect', 'photos', '-o', 'boxes.jsonl'];
  await runInProcess([...args, '--limit', '1'], { cwd, env: { ...env, GEMINI_API_KEY: KEY } });
  const { stdout } = await runInProcess([...args, '--dry-run', '-f', 'json'], {
    cwd,
    env: { GOOGLE_GEMINI_BASE_URL: env.GOOGLE_GEMINI_BASE_URL ?? '' },
  });
  expect(JSON.parse(stdout)).toMatchObject({ pictures: 3, done: 1 });
});
