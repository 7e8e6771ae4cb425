/** A ledger as datasets: what their readers expect, by what they document. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from 'tar';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { found, ledgerOf, styled } from '../../support/exports.js';
import { failedRecord, lineOf } from '../../support/ledgers.js';

const picture = readFileSync('fixtures/small.png');
const jpeg = readFileSync('fixtures/small.jpg');

/** All files in a folder, by their names in it, but for the mark of an export. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.gemini-image'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const PHOTOS = { 'photos/a.png': picture, 'photos/sub/b.jpg': jpeg };
const captions = [
  styled('photos/a.png', 'caption', 'A boat.'),
  styled('photos/sub/b.jpg', 'caption', 'A dog.\nIt runs.'),
  styled('photos/a.png', 'tags', 'boat, sea', { data: ['boat', 'sea'] }),
];

describe('text', () => {
  test('is a line for each answer, with its name where there are several', async () => {
    const { stdout } = await ledgerOf(captions).run('--to', 'text');
    expect(stdout).toBe(
      'photos/a.png\tcaption\tA boat.\nphotos/a.png\ttags\tboat, sea\nphotos/sub/b.jpg\tcaption\tA dog. It runs.\n',
    );
    const one = await ledgerOf(captions).run('--to', 'text', '--columns', 'tags', '--prefix', 'x ');
    expect(one.stdout).toBe('photos/a.png\tx boat, sea\n');
    expect(one.stderr).toContain('photos/sub/b.jpg is left out: it has no text in these columns');
  });

  test('is never written over, as nobody can tell whose it is', async () => {
    const { run, path } = ledgerOf(captions, { 'x.txt': 'mine' });
    expect((await run('-o', 'x.txt')).code).toBe(2);
    expect(readFileSync(path('x.txt'), 'utf8')).toBe('mine');
  });
});

describe('metadata.jsonl', () => {
  const linesOf = (text: string): unknown[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('names pictures from its own folder, and each line has all columns', async () => {
    const { run, path } = ledgerOf(captions, PHOTOS);
    expect((await run('--to', 'metadata-jsonl', '-o', 'photos/metadata.jsonl')).code).toBe(0);
    expect(linesOf(readFileSync(path('photos/metadata.jsonl'), 'utf8'))).toEqual([
      { file_name: 'a.png', caption: 'A boat.', tags: ['boat', 'sea'] },
      { file_name: 'sub/b.jpg', caption: 'A dog.\nIt runs.', tags: null },
    ]);
  });

  test('--columns and --prefix choose and change what is in it', async () => {
    const { stdout } = await ledgerOf(captions, PHOTOS).run(
      ...['--to', 'metadata-jsonl', '--columns', 'caption,width', '--prefix', 'sks '],
    );
    expect(linesOf(stdout)[0]).toEqual({
      ...{ file_name: 'photos/a.png', caption: 'sks A boat.', width: 4 },
    });
  });

  test('has boxes as datasets for object detection have them', async () => {
    const { stdout } = await ledgerOf(
      [found('a.png', [['boat', 0, 0, 1000, 500]]), found('b.png', [])],
      { 'a.png': picture, 'b.png': picture },
    ).run('--to', 'metadata-jsonl');
    expect(linesOf(stdout)).toEqual([
      { file_name: 'a.png', objects: { bbox: [[0, 0, 2, 3]], categories: ['boat'] } },
      { file_name: 'b.png', objects: { bbox: [], categories: [] } },
    ]);
  });

  test('lacks pictures that are gone, lie elsewhere or failed, and the exit code says so', async () => {
    const { run } = ledgerOf(
      [...captions, styled('gone.png', 'caption', 'x'), failedRecord('photos/f.png')],
      { ...PHOTOS },
    );
    const { code, stdout, stderr } = await run('--to', 'metadata-jsonl', '--base', 'photos/sub');
    expect(code).toBe(3);
    expect(linesOf(stdout)).toEqual([
      { file_name: 'b.jpg', caption: 'A dog.\nIt runs.', tags: null },
    ]);
    expect(stderr).toContain(
      '2 pictures are left out, the first is photos/a.png: they do not lie in',
    );
    expect(stderr).toContain('photos/f.png is left out: it failed');
    const gone = await run('--to', 'metadata-jsonl');
    expect(gone.stderr).toContain('gone.png is left out: it is not there any more');
  });

  test('is replaced if the ledger has all that it holds, and otherwise not', async () => {
    const { run, path, write } = ledgerOf(captions, PHOTOS);
    const args = ['--to', 'metadata-jsonl', '-o', 'photos/metadata.jsonl'];
    await run(...args);
    write('a.jsonl', [...captions, styled('photos/a.png', 'caption', 'New.')].map(lineOf).join(''));
    expect((await run(...args)).code).toBe(0);
    const exported = readFileSync(path('photos/metadata.jsonl'), 'utf8');
    expect(exported).toContain('New.');
    const changed = exported.replace('New.', 'What I wrote.');
    write('photos/metadata.jsonl', changed);
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('photos/metadata.jsonl is there already');
    expect(readFileSync(path('photos/metadata.jsonl'), 'utf8')).toBe(changed);
  });
});

describe('sidecars', () => {
  test('lie beside the pictures, with a line for each caption', async () => {
    const { run, path } = ledgerOf(captions, PHOTOS);
    const { code, stderr } = await run('--to', 'sidecar', '--suffix', ' !');
    expect(code).toBe(0);
    expect(stderr).toContain('2 pictures have their captions beside them');
    expect(readFileSync(path('photos/a.txt'), 'utf8')).toBe('A boat. !\nboat, sea !\n');
    expect(readFileSync(path('photos/sub/b.txt'), 'utf8')).toBe('A dog. It runs. !\n');
  });

  test('lie in a folder with -o, as their pictures do, and may have full names', async () => {
    const { run, path } = ledgerOf(captions);
    const { code } = await run(
      ...['--to', 'sidecar', '-o', 'out', '--base', 'photos', '--naming', 'full'],
    );
    expect(code).toBe(0);
    expect(filesIn(path('out'))).toEqual(['a.png.txt', 'sub/b.jpg.txt']);
  });

  test('of an earlier export are replaced, and what a person wrote is not', async () => {
    const { run, path, write } = ledgerOf(captions, PHOTOS);
    await run('--to', 'sidecar');
    write('a.jsonl', [...captions, styled('photos/a.png', 'caption', 'New.')].map(lineOf).join(''));
    write('photos/sub/b.txt', 'My own words.\n');
    const { code, stderr } = await run('--to', 'sidecar');
    expect(code).toBe(3);
    expect(stderr).toContain('photos/sub/b.jpg is left out: it has a text already');
    expect(readFileSync(path('photos/a.txt'), 'utf8')).toBe('New.\nboat, sea\n');
    expect(readFileSync(path('photos/sub/b.txt'), 'utf8')).toBe('My own words.\n');
    expect((await run('--to', 'sidecar', '--overwrite')).code).toBe(0);
    expect(readFileSync(path('photos/sub/b.txt~'), 'utf8')).toBe('My own words.\n');
    expect(filesIn(path('photos'))).toEqual([
      ...['a.png', 'a.txt', 'sub/b.jpg', 'sub/b.txt', 'sub/b.txt~'],
    ]);
  });

  test('that two pictures want are given to the first', async () => {
    const { run, path } = ledgerOf(
      [styled('a.png', 'caption', 'One.'), styled('a.jpg', 'caption', 'Two.')],
      { 'a.png': picture, 'a.jpg': jpeg },
    );
    const { code, stderr } = await run('--to', 'sidecar');
    expect(code).toBe(3);
    expect(stderr).toContain('a.jpg is left out: it would get the same .txt as another picture');
    expect(readFileSync(path('a.txt'), 'utf8')).toBe('One.\n');
    expect((await run('--to', 'sidecar', '--naming', 'full')).code).toBe(0);
    expect(readFileSync(path('a.jpg.txt'), 'utf8')).toBe('Two.\n');
  });
});

/** The entries of a tar file, as another program reads them. */
async function entriesOf(file: string): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>();
  await list({
    file,
    strict: true,
    onReadEntry(entry) {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk) => chunks.push(chunk));
      entry.on('end', () => entries.set(entry.path, Buffer.concat(chunks)));
    },
  });
  return entries;
}

describe('webdataset', () => {
  test('has the picture, its captions and its record side by side, in tar files', async () => {
    const { run, path } = ledgerOf(captions, PHOTOS);
    const args = ['--to', 'webdataset', '-o', 'wds', '--base', 'photos'];
    expect((await run(...args)).code).toBe(0);
    expect(filesIn(path('wds'))).toEqual(['shard-000000.tar']);
    const entries = await entriesOf(path('wds/shard-000000.tar'));
    expect([...entries.keys()]).toEqual([
      ...['a.png', 'a.txt', 'a.json', 'sub/b.png', 'sub/b.txt', 'sub/b.json'],
    ]);
    expect(entries.get('a.png')).toEqual(picture);
    expect(`${entries.get('a.txt')}`).toBe('A boat.\nboat, sea\n');
    expect(JSON.parse(`${entries.get('a.json')}`)).toMatchObject({
      ...{ image: 'a.png', answers: { caption: 'A boat.', tags: ['boat', 'sea'] } },
    });
  });

  test.each([
    ['1', ['shard-000000.tar', 'shard-000001.tar']],
    ['2', ['shard-000000.tar']],
    ['1KB', ['shard-000000.tar', 'shard-000001.tar']],
    ['1MB', ['shard-000000.tar']],
  ])('--shard-size %s', async (size, shards) => {
    const { run, path } = ledgerOf(captions, PHOTOS);
    expect((await run('--to', 'webdataset', '-o', 'wds', '--shard-size', size)).code).toBe(0);
    expect(filesIn(path('wds'))).toEqual(shards);
  });

  test('has dots in names as other signs, since a name ends at its first dot', async () => {
    const { run, path } = ledgerOf([styled('v1.2.png', 'caption', 'x')], { 'v1.2.png': picture });
    await run('--to', 'webdataset', '-o', 'wds');
    expect([...(await entriesOf(path('wds/shard-000000.tar'))).keys()]).toEqual([
      ...['v1_2.png', 'v1_2.txt', 'v1_2.json'],
    ]);
  });

  test('a second export leaves no shard of the first', async () => {
    const { run, path, cwd } = ledgerOf(captions, PHOTOS);
    await run('--to', 'webdataset', '-o', 'wds', '--shard-size', '1');
    expect((await run('--to', 'webdataset', '-o', 'wds')).code).toBe(0);
    expect(filesIn(path('wds'))).toEqual(['shard-000000.tar']);
    expect(readdirSync(cwd).sort()).toEqual(['a.jsonl', 'photos', 'wds']);
  });

  test('a wrong size is refused', async () => {
    const { code, stderr } = await ledgerOf(captions).run(
      ...['--to', 'webdataset', '-o', 'wds', '--shard-size', 'many'],
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--shard-size takes a number of pictures or a size');
  });
});

const boxes = [
  found('photos/a.png', [
    ['boat', 0, 0, 500, 500],
    ['big dog', 250, 500, 750, 1000],
  ]),
  found('photos/sub/b.jpg', []),
];

describe('YOLO', () => {
  test('is a folder of pictures, labels and data.yaml', async () => {
    const { run, path } = ledgerOf(boxes, PHOTOS);
    expect((await run('--to', 'yolo', '-o', 'set', '--base', 'photos')).code).toBe(0);
    expect(filesIn(path('set'))).toEqual([
      ...['data.yaml', 'images/a.png', 'images/sub/b.jpg', 'labels/a.txt', 'labels/sub/b.txt'],
    ]);
    expect(parseYaml(readFileSync(path('set/data.yaml'), 'utf8'))).toEqual({
      ...{ train: 'images', val: 'images', names: { 0: 'boat', 1: 'big dog' } },
    });
    expect(readFileSync(path('set/labels/a.txt'), 'utf8')).toBe(
      '0 0.25 0.25 0.5 0.5\n1 0.75 0.5 0.5 0.5\n',
    );
    expect(readFileSync(path('set/labels/sub/b.txt'), 'utf8')).toBe('');
    expect(readFileSync(path('set/images/a.png'))).toEqual(picture);
  });

  test('lacks pictures that were not searched, and those whose label another one has', async () => {
    const { run, path } = ledgerOf(
      [found('a.png', []), found('a.jpg', []), styled('c.png', 'caption', 'x')],
      { 'a.png': picture, 'a.jpg': jpeg, 'c.png': picture },
    );
    const { code, stderr } = await run('--to', 'yolo', '-o', 'set');
    expect(code).toBe(3);
    expect(stderr).toContain('c.png is left out: it was not searched for objects');
    expect(stderr).toContain('a.jpg is left out: it would get the same .txt');
    expect(filesIn(path('set'))).toEqual(['data.yaml', 'images/a.png', 'labels/a.txt']);
    expect((await run('--to', 'yolo', '-o', 'set', '--naming', 'full')).code).toBe(0);
    expect(filesIn(path('set'))).toContain('labels/a_jpg.txt');
  });
});

describe('a folder', () => {
  const args = ['--to', 'yolo', '-o', 'set', '--base', 'photos'];

  test('of an earlier export is replaced, also after a trainer has used it', async () => {
    const { run, write } = ledgerOf(boxes, PHOTOS);
    await run(...args);
    write('set/labels.cache', 'cache');
    expect((await run(...args)).code).toBe(0);
  });

  test('that was changed since is not, unless it is kept', async () => {
    const { run, write, path } = ledgerOf(boxes, PHOTOS);
    await run(...args);
    write('set/labels/a.txt', '0 0.5 0.5 1 1\n');
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('set has been changed since it was exported');
    expect(readFileSync(path('set/labels/a.txt'), 'utf8')).toBe('0 0.5 0.5 1 1\n');
    expect((await run(...args, '--overwrite')).code).toBe(0);
    expect(readFileSync(path('set~/labels/a.txt'), 'utf8')).toBe('0 0.5 0.5 1 1\n');
  });

  test('of anybody else is never touched, and an empty one is used', async () => {
    const { run, path, cwd } = ledgerOf(boxes, { ...PHOTOS, 'set/mine.txt': 'mine' });
    for (const more of [[], ['--overwrite']]) {
      const { code, stderr } = await run(...args, ...more);
      expect(code).toBe(2);
      expect(stderr).toContain('set is there already, and is no export');
    }
    expect(filesIn(path('set'))).toEqual(['mine.txt']);
    mkdirSync(path('empty'));
    expect((await run('--to', 'yolo', '-o', 'empty')).code).toBe(0);
    expect(readdirSync(cwd).sort()).toEqual(['a.jsonl', 'empty', 'photos', 'set']);
  });

  test('that cannot be finished leaves nothing', async () => {
    const { run, path, cwd } = ledgerOf(boxes, { ...PHOTOS, file: '' });
    const { code, stderr } = await run('--to', 'yolo', '-o', 'file/set');
    expect(code).toBe(2);
    expect(stderr).toContain('file/set cannot be written');
    expect(existsSync(path('file/set'))).toBe(false);
    expect(readdirSync(cwd).sort()).toEqual(['a.jsonl', 'file', 'photos']);
  });

  test('has to be named', async () => {
    const { code, stderr } = await ledgerOf(boxes).run('--to', 'yolo');
    expect(code).toBe(2);
    expect(stderr).toContain('--to yolo needs a folder to write to');
  });
});

describe('COCO', () => {
  test('has boxes, with all pictures that were searched', async () => {
    const { stdout, stderr } = await ledgerOf([...boxes, styled('c', 'caption', 'x')]).run(
      ...['--to', 'coco', '--base', 'photos'],
    );
    expect(JSON.parse(stdout)).toMatchObject({
      images: [
        { id: 1, file_name: 'a.png', width: 4, height: 3 },
        { id: 2, file_name: 'sub/b.jpg' },
      ],
      annotations: [
        { id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 2, 1.5], area: 3, iscrowd: 0 },
        { id: 2, image_id: 1, category_id: 2, bbox: [2, 0.75, 2, 1.5] },
      ],
      categories: [
        { id: 1, name: 'boat' },
        { id: 2, name: 'big dog' },
      ],
    });
    expect(stderr).toContain('c is left out: it was not searched for objects');
  });

  test('has captions where there are no boxes, or where columns are named', async () => {
    const expected = [
      { id: 1, image_id: 1, caption: 'A boat.' },
      { id: 2, image_id: 2, caption: 'A dog. It runs.' },
    ];
    const some = ['--to', 'coco', '--columns', 'caption'];
    for (const records of [captions, [...captions, ...boxes]]) {
      const { stdout } = await ledgerOf(records).run(...some);
      expect(JSON.parse(stdout).annotations).toEqual(expected);
      expect(JSON.parse(stdout).categories).toBeUndefined();
    }
  });

  test('of an earlier export is replaced, and others are not', async () => {
    const { run, write } = ledgerOf(boxes);
    const args = ['--to', 'coco', '-o', 'x.json'];
    await run(...args);
    expect((await run(...args)).code).toBe(0);
    write('x.json', '{"info":{"description":"mine"},"images":[]}');
    expect((await run(...args)).code).toBe(2);
  });
});

describe('Label Studio', () => {
  test('has the boxes in percent of the upright picture, and the answers as texts', async () => {
    const { stdout } = await ledgerOf([
      found('photos/a b.png', [['boat', 100, 200, 500, 1000]], { orientation: 6 }),
      styled('photos/a b.png', 'caption', 'A boat.', { orientation: 6 }),
      styled('https://example.com/b.png', 'caption', 'A dog.'),
    ]).run('--to', 'label-studio', '--base', 'photos');
    const [first, second] = JSON.parse(stdout);
    expect(first.data).toEqual({ image: '/data/local-files/?d=a%20b.png' });
    expect(first.predictions).toMatchObject([
      {
        model_version: 'gemini-3.5-flash-lite',
        result: [
          {
            ...{ type: 'rectanglelabels', from_name: 'label', to_name: 'image' },
            ...{ original_width: 3, original_height: 4, image_rotation: 0 },
            value: { x: 20, y: 10, width: 80, height: 40, rotation: 0, rectanglelabels: ['boat'] },
          },
          { type: 'textarea', from_name: 'caption', value: { text: ['A boat.'] } },
        ],
      },
    ]);
    expect(second.data.image).toBe('https://example.com/b.png');
  });

  test('of an earlier export is replaced', async () => {
    const { run } = ledgerOf(captions);
    await run('--to', 'label-studio', '-o', 'x.json');
    expect((await run('--to', 'label-studio', '-o', 'x.json')).code).toBe(0);
  });
});
